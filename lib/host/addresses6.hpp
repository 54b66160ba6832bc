// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The router's own IPv6 addresses on their links: probes for them before use (RFC 4862), announces
// them, and says which addresses other nodes use too. Control thread only.
#include <functional>
#include <map>

#include "base/clock.hpp"
#include "host/sender.hpp"
#include "interface/world.hpp"
#include "neigh/address_detection.hpp"

namespace ringroad::host {

class Addresses6 {
 public:
  using Settings = neigh::AddressDetection::Settings;
  Addresses6(const Settings& settings, const interface::World& world, Sender& sender,
             const Clock& clock);

  // The port uses that address from now on. Called again when the port's MAC address changed.
  void use(neigh::Key6 key);
  // Probes whether the port may use the address. `verdict` is called once, unless the address is
  // withdrawn before. If the address is usable, it is in use from then on.
  using Verdict = std::function<void(bool usable)>;
  void probe(neigh::Key6 key, Verdict verdict);
  void withdraw(neigh::Key6 key);

  void set_transmits(unsigned transmits) { detection_.set_transmits(transmits); }
  void set_announce(bool announce) { detection_.set_announce(announce); }
  void set_link(InterfaceId port, bool up);
  // The message may show that another node uses one of the port's addresses too.
  void hear(InterfaceId port, const neigh::NeighborSolicitation& message);
  void hear(InterfaceId port, const neigh::NeighborAdvertisement& message);

  // Runs the timers that are due.
  void tick();
  [[nodiscard]] Nanoseconds next_deadline() const {
    return detection_.next_deadline().value_or(Nanoseconds::max());
  }
  [[nodiscard]] const neigh::AddressDetection& detection() const { return detection_; }

 private:
  void carry_out(const neigh::AddressDetection::Events& events);
  void conclude(neigh::Key6 key, bool usable);
  void probe_once(neigh::Key6 key, const neigh::Nonce& nonce);
  void announce(neigh::Key6 key);
  // Two of the router's ports on one link receive each other's messages, which are no conflicts.
  [[nodiscard]] bool is_ours(Mac mac) const;

  const interface::World& world_;
  Sender& sender_;
  const Clock& clock_;
  neigh::AddressDetection detection_;
  std::map<neigh::Key6, Verdict> verdicts_;
};

}  // namespace ringroad::host
