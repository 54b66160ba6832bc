// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Advertises the router and prefixes to the hosts on its links (RFC 4861 6.2). Control thread only.
#include <map>

#include "base/clock.hpp"
#include "config/model.hpp"
#include "host/sender.hpp"
#include "interface/world.hpp"
#include "neigh/nd_message.hpp"
#include "neigh/router_advertiser.hpp"

namespace ringroad::host {

class Advertisements {
 public:
  Advertisements(const interface::World& world, Sender& sender, const Clock& clock,
                 std::uint64_t seed)
      : world_{world}, sender_{sender}, clock_{clock}, advertiser_{seed} {}

  // What the port advertises from now on; null: nothing, after final advertisements.
  void set(InterfaceId port, const config::RouterAdvertisements* content);
  // The router stops: every port that advertises says so once. Returns false if there is none.
  bool stop();
  void set_link(InterfaceId port, bool up) { advertiser_.set_link(port, up, clock_.now()); }
  // The port received a valid router solicitation.
  void hear_solicitation(InterfaceId port) { advertiser_.hear_solicitation(port, clock_.now()); }
  // Runs the timers that are due.
  void tick();
  [[nodiscard]] bool advertises(InterfaceId port) const { return advertiser_.is_advertising(port); }

 private:
  void carry_out(const neigh::RouterAdvertiser::Events& events);
  [[nodiscard]] neigh::RouterAdvertisement message_of(const interface::InterfaceView& port,
                                                      Ipv6 source, bool final) const;

  const interface::World& world_;
  Sender& sender_;
  const Clock& clock_;
  neigh::RouterAdvertiser advertiser_;
  std::map<InterfaceId, config::RouterAdvertisements> contents_;
};

}  // namespace ringroad::host
