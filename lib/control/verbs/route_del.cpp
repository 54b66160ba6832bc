// SPDX-License-Identifier: BSD-3-Clause
// Deletes routes, or next hops of routes.
#include "control/route_options.hpp"
#include "control/verb.hpp"

namespace ringroad::control {
namespace {

template <class Address>
Reply remove_route(Router& router, Options& options) {
  typename routing::Routing<Address>::Selection selection{
      .prefix = read_prefix<Address>(options, "prefix"), .table = read_table(router, options)};
  if (options.has("metric")) {
    selection.metric = options.number("metric", 0xffffffffU);
  }
  if (options.has("type")) {
    selection.type = options.parsed<RouteType>("type", parse_static_route_type, "a type of route");
  }
  if (options.has("source")) {
    selection.source = read_address<Address>(options, "source");
  }
  for (const config::NextHopOf<Address>& hop : read_next_hops<Address>(router, options)) {
    const interface::InterfaceView* const port =
        hop.port.empty() ? nullptr : router.world().find_port(hop.port);
    selection.vias.push_back(
        {.address = hop.via, .port = port == nullptr ? std::nullopt : std::optional{port->id}});
  }
  return options.error()
             ? outcome(options, {})
             : outcome(options, router.configuration().remove_route<Address>(selection));
}

Reply route_del(Router& router, Options& options) {
  options.only({"prefix", "type", "metric", "table", "source", "via", "port", "onlink", "recursive",
                "nexthops", "family"});
  return is_ipv6_route(options) ? remove_route<Ipv6>(router, options)
                                : remove_route<Ipv4>(router, options);
}

const Verb kRouteDel{"route del", route_del, Verb::Does::kChanges};

}  // namespace

}  // namespace ringroad::control
