// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Announces and defends the router's own addresses on their links, and probes for them before use
// if configured (RFC 5227). Control thread only.
#include <cstdint>
#include <functional>
#include <map>

#include "base/clock.hpp"
#include "host/sender.hpp"
#include "interface/world.hpp"
#include "neigh/address_claims.hpp"

namespace ringroad::host {

class Addresses {
 public:
  struct Settings {
    bool announce = true;
    std::uint64_t seed = 0;
  };
  Addresses(const Settings& settings, const interface::World& world, Sender& sender,
            const Clock& clock);

  // The port uses that address from now on. Called again when the port's MAC address changed.
  void use(neigh::Key4 key);
  // Probes whether the port may use the address. `verdict` is called once, some seconds later,
  // unless the address is withdrawn before. If the address is usable, it is in use from then on.
  using Verdict = std::function<void(bool usable)>;
  void probe(neigh::Key4 key, Verdict verdict);
  void withdraw(neigh::Key4 key);

  void set_announce(bool announce) { claims_.set_announce(announce); }
  void set_link(InterfaceId port, bool up);
  // Handles an ARP message that the port received.
  void hear(InterfaceId port, const neigh::ArpMessage& message);
  // Runs the timers that are due.
  void tick();

  [[nodiscard]] const neigh::AddressClaims& claims() const { return claims_; }

 private:
  void carry_out(const neigh::AddressClaims::Events& events);
  void conclude(neigh::Key4 key, bool usable);
  // Broadcasts an ARP request for the address. The sender address is 0.0.0.0 in a probe, and the
  // address itself in an announcement.
  void send(neigh::Key4 key, Ipv4 sender);

  const interface::World& world_;
  Sender& sender_;
  const Clock& clock_;
  neigh::AddressClaims claims_;
  std::map<neigh::Key4, Verdict> verdicts_;
};

}  // namespace ringroad::host
