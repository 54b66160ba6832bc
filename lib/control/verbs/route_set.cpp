// SPDX-License-Identifier: BSD-3-Clause
// Adds, replaces, changes and appends routes.
#include "control/route_options.hpp"
#include "control/verb.hpp"

namespace ringroad::control {
namespace {

template <class Address>
Reply set_route(Router& router, Options& options, routing::RouteMode mode) {
  config::RouteOf<Address> route;
  route.to = read_prefix<Address>(options, "prefix");
  if (options.has("type")) {
    route.type = options.parsed<RouteType>("type", parse_static_route_type, "a type of route");
  }
  if (options.has("metric")) {
    route.metric = options.number("metric", 0xffffffffU);
  }
  route.table = static_cast<std::uint8_t>(read_table(router, options).value_or(fib::Table::kMain));
  if (options.has("source")) {
    route.source = read_address<Address>(options, "source");
  }
  route.next_hops = read_next_hops<Address>(router, options);
  if (route.type != RouteType::kUnicast && !route.next_hops.empty()) {
    options.complain("a route of that type has no gateway");
  }
  return options.error() ? outcome(options, {})
                         : outcome(options, router.configuration().set_route(route, mode));
}

template <routing::RouteMode kMode>
Reply route_set(Router& router, Options& options) {
  options.only({"prefix", "type", "metric", "table", "source", "via", "port", "onlink", "recursive",
                "nexthops", "family"});
  return is_ipv6_route(options) ? set_route<Ipv6>(router, options, kMode)
                                : set_route<Ipv4>(router, options, kMode);
}

const Verb kRouteAdd{"route add", route_set<routing::RouteMode::kAdd>, Verb::Does::kChanges};
const Verb kRouteReplace{"route replace", route_set<routing::RouteMode::kReplace>,
                         Verb::Does::kChanges};
const Verb kRouteChange{"route change", route_set<routing::RouteMode::kChange>,
                        Verb::Does::kChanges};
const Verb kRouteAppend{"route append", route_set<routing::RouteMode::kAppend>,
                        Verb::Does::kChanges};

}  // namespace

}  // namespace ringroad::control
