// SPDX-License-Identifier: BSD-3-Clause
// Adds, replaces, changes and appends routes.
#include "control/route_options.hpp"
#include "control/verb.hpp"

namespace ringroad::control {
namespace {

template <routing::Routing4::Mode kMode>
Reply route_set(Router& router, Options& options) {
  options.only({"prefix", "type", "metric", "table", "source", "via", "port", "onlink", "recursive",
                "nexthops"});
  config::Route route;
  route.to = options.parsed<Prefix4>("prefix", Prefix4::parse, kPrefix);
  if (options.has("type")) {
    route.type = options.parsed<RouteType>("type", parse_static_route_type, "a type of route");
  }
  if (options.has("metric")) {
    route.metric = options.number("metric", 0xffffffffU);
  }
  route.table = static_cast<std::uint8_t>(read_table(router, options).value_or(fib::Table::kMain));
  if (options.has("source")) {
    route.source = options.parsed<Ipv4>("source", Ipv4::parse, kAddress);
  }
  route.next_hops = read_next_hops(router, options);
  if (route.type != RouteType::kUnicast && !route.next_hops.empty()) {
    options.complain("a route of that type has no gateway");
  }
  return options.error() ? outcome(options, {})
                         : outcome(options, router.configuration().set_route(route, kMode));
}

const Verb kRouteAdd{"route add", route_set<routing::Routing4::Mode::kAdd>, Verb::Does::kChanges};
const Verb kRouteReplace{"route replace", route_set<routing::Routing4::Mode::kReplace>,
                         Verb::Does::kChanges};
const Verb kRouteChange{"route change", route_set<routing::Routing4::Mode::kChange>,
                        Verb::Does::kChanges};
const Verb kRouteAppend{"route append", route_set<routing::Routing4::Mode::kAppend>,
                        Verb::Does::kChanges};

}  // namespace

}  // namespace ringroad::control
