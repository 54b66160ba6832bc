// SPDX-License-Identifier: BSD-3-Clause
#include "control/route_changes6.hpp"

#include <map>
#include <utility>

namespace ringroad::control {

RouteChanges6 changes_to(const routing::WantedRoutes& wanted, const fib::Rib6& rib) {
  std::map<routing::StaticRoutes6::Key, RouteChanges6::Change> known;
  for (const fib::Table table : rib.tables()) {
    rib.for_each(table, [&](const fib::RouteView<Ipv6>& route) {
      if (route.path.protocol == fib::Protocol::kStatic) {
        const routing::StaticRoutes6::Key key{table, route.prefix, route.metric};
        known[key] = {.key = key, .before = route.path, .after = std::nullopt};
      }
      return true;
    });
  }
  for (const auto& [key, path] : wanted.ipv6) {
    RouteChanges6::Change& change = known[key];
    change.key = key;
    change.after = path;
  }
  RouteChanges6 all;
  for (auto& [key, change] : known) {
    if (change.before != change.after) {
      all.changes.push_back(std::move(change));
    }
  }
  return all;
}

Status commit(routing::Routing6& routing, const RouteChanges6& changes, bool back) {
  std::vector<routing::Routing6::Edit> edits;
  std::vector<const fib::Path6*> before;
  for (const RouteChanges6::Change& change : changes.changes) {
    const auto& from = back ? change.after : change.before;
    edits.push_back({.prefix = change.key.prefix,
                     .table = change.key.table,
                     .metric = change.key.metric,
                     .path = back ? change.before : change.after});
    before.push_back(from ? &*from : nullptr);
  }
  return edits.empty() ? Status{} : routing.commit(edits, before);
}

}  // namespace ringroad::control
