// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Plans a reload: the steps from what the router runs to what it shall run. What a device or a
// table may refuse comes first.
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "control/accepted_advertisements.hpp"
#include "control/configuration.hpp"
#include "control/firewall.hpp"
#include "control/interfaces.hpp"
#include "control/links.hpp"
#include "control/port_set.hpp"
#include "control/reload_steps.hpp"
#include "host/addresses.hpp"
#include "host/addresses6.hpp"
#include "host/neighbors.hpp"
#include "host/neighbors6.hpp"
#include "host/slow_path.hpp"
#include "host/slow_path6.hpp"
#include "interface/world.hpp"
#include "routing/next_hops.hpp"
#include "routing/route_difference.hpp"
#include "routing/routing.hpp"

namespace ringroad::control {

// The parts of the router that a reload changes.
struct ReloadParts {
  interface::World& world;
  routing::NextHops4& next_hops;
  routing::NextHops6& next_hops6;
  routing::Routing4& routing;
  routing::Routing6& routing6;
  host::Addresses& addresses;
  host::Addresses6& addresses6;
  host::Neighbors& neighbors;
  host::Neighbors6& neighbors6;
  host::SlowPath& slow_path;
  host::SlowPath6& slow_path6;
  host::Advertisements& advertisements;
  AcceptedAdvertisements& accepted;
  Firewall& firewall;
  Links& links;
  Configuration& configuration;
  PortSet& ports;
  const std::vector<std::unique_ptr<worker::Worker>>& workers;
  tap::Taps& taps;
  std::function<bool()> workers_run;
};

// What the router shall run.
struct Target {
  config::Config config;         // its ports in the order of the file
  std::vector<InterfaceId> ids;  // of these ports; ids that World does not have yet are new
  std::shared_ptr<const routing::WantedRoutes> routes;
  std::shared_ptr<const routing::RouteDifference4> difference;
  std::shared_ptr<const routing::RouteDifference6> difference6;
};

[[nodiscard]] std::vector<std::unique_ptr<ReloadStep>> steps_to(const Target& target,
                                                                const ReloadParts& parts);

}  // namespace ringroad::control
