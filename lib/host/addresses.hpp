// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The router's own addresses as the links see them: announced, defended, and probed for before use
// where that is wanted (RFC 5227). Control thread only.
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

  // The port uses that address from now on; again: its MAC is new.
  void use(neigh::Key4 key);
  // Whether the port may use it: `verdict` is told once, some seconds from now, unless the address
  // is withdrawn before. Used from then on, if so.
  using Verdict = std::function<void(bool usable)>;
  void probe(neigh::Key4 key, Verdict verdict);
  void withdraw(neigh::Key4 key);

  void set_link(InterfaceId port, bool up);
  // An ARP message that came by that port.
  void hear(InterfaceId port, const neigh::ArpMessage& message);
  // Runs the timers that are due.
  void tick();

  [[nodiscard]] const neigh::AddressClaims& claims() const { return claims_; }

 private:
  void carry_out(const neigh::AddressClaims::Events& events);
  void conclude(neigh::Key4 key, bool usable);
  // Asks everybody on the link for the address: from nobody, or from the address itself.
  void send(neigh::Key4 key, Ipv4 sender);

  const interface::World& world_;
  Sender& sender_;
  const Clock& clock_;
  neigh::AddressClaims claims_;
  std::map<neigh::Key4, Verdict> verdicts_;
};

}  // namespace ringroad::host
