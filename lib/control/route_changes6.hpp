// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The difference between the static routes of IPv6 that are in the RIB and those that are wanted.
// There are few of them, as no file of routes has any: they are compared and changed in one go.
#include <optional>
#include <vector>

#include "base/error.hpp"
#include "routing/routing.hpp"
#include "routing/wanted_routes.hpp"

namespace ringroad::control {

struct RouteChanges6 {
  struct Change {
    routing::StaticRoutes6::Key key;
    std::optional<fib::Path6> before;  // none: there is no such route
    std::optional<fib::Path6> after;
  };
  std::vector<Change> changes;  // sorted by table, prefix and metric
};

[[nodiscard]] RouteChanges6 changes_to(const routing::WantedRoutes& wanted, const fib::Rib6& rib);

// Makes all changes or none. `back`: from after to before.
Status commit(routing::Routing6& routing, const RouteChanges6& changes, bool back);

}  // namespace ringroad::control
