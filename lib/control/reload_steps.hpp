// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The steps of a reload, each of which can be undone: those that may be refused come first, and
// none does more than a slice at a time. Control thread only.
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "control/configuration.hpp"
#include "control/links.hpp"
#include "host/addresses.hpp"
#include "host/neighbors.hpp"
#include "host/slow_path.hpp"
#include "interface/world.hpp"
#include "routing/route_difference.hpp"
#include "routing/routing.hpp"

namespace ringroad::control {

// The key of the file whose value the router refuses, and why.
struct Refusal {
  std::string key;
  std::string what;
};

class ReloadStep {
 public:
  ReloadStep() = default;
  ReloadStep(const ReloadStep&) = delete;
  ReloadStep& operator=(const ReloadStep&) = delete;
  virtual ~ReloadStep() = default;
  // Does a slice, ~2 ms. Returns true at the end of the step.
  virtual std::expected<bool, Refusal> apply() = 0;
  // Undoes a slice of what was applied, also after a refusal. Returns true at the end.
  virtual bool undo() = 0;
};

// The parts of the router that a reload changes.
struct ReloadParts {
  interface::World& world;
  routing::Routing4& routing;
  host::Addresses& addresses;
  host::Neighbors& neighbors;
  host::SlowPath& slow_path;
  Links& links;
  Configuration& configuration;
};

// What the router shall run.
struct Target {
  config::Config config;         // its ports in the order of the file
  std::vector<InterfaceId> ids;  // of these ports
  std::shared_ptr<const routing::WantedRoutes> routes;
  std::shared_ptr<const routing::RouteDifference> difference;
};

// The steps from what runs to the target.
[[nodiscard]] std::vector<std::unique_ptr<ReloadStep>> steps_to(const Target& target,
                                                                const ReloadParts& parts);

}  // namespace ringroad::control
