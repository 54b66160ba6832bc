// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Reports the groups that the router listens to, so that switches which watch such reports (MLD
// snooping) deliver solicitations for its addresses (RFC 3810, RFC 4861 7.2.1). Control thread
// only.
#include <functional>
#include <map>
#include <set>

#include "base/clock.hpp"
#include "host/sender.hpp"
#include "interface/world.hpp"
#include "neigh/group_reports.hpp"
#include "stats/ip_counters.hpp"

namespace ringroad::host {

class GroupMembership {
 public:
  GroupMembership(const interface::World& world, Sender& sender, const Clock& clock,
                  std::uint64_t seed)
      : world_{world}, sender_{sender}, clock_{clock}, reports_{seed} {}

  // Called when the port listens to other groups than before.
  std::function<void(InterfaceId)> on_change{};

  // The port's addresses, its link or its administrative state changed.
  void sync(const interface::InterfaceView& view, bool linked);
  // Handles a query that the port received.
  void hear(InterfaceId port, Packet& packet);
  // Runs the timers that are due.
  void tick();

 private:
  struct Port {
    bool linked = false;
    bool named = false;  // the link-local address was usable
    std::set<Ipv6> groups{};
  };

  const interface::World& world_;
  Sender& sender_;
  const Clock& clock_;
  neigh::GroupReports reports_;
  std::map<InterfaceId, Port> ports_;
};

}  // namespace ringroad::host
