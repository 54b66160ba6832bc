// SPDX-License-Identifier: BSD-3-Clause
#include "control/route_json.hpp"

#include <type_traits>

#include "control/json.hpp"

namespace ringroad::control {

using nlohmann::json;

template <class Address>
RouteReporter<Address>::RouteReporter(const Router& router)
    : router_{router}, routing_{router.routing_of<Address>()}, link_up_(router.world().ids_end()) {
  for (const interface::InterfaceView& port : router.world().ports()) {
    link_up_[port.id.value()] = routing_.next_hops().has_link(port.id);
  }
}

template <class Address>
json RouteReporter<Address>::report(const fib::RouteView<Address>& route) const {
  const fib::Path<Address>& path = route.path;
  return {{"family", std::is_same_v<Address, Ipv4> ? 4 : 6},
          {"prefix", route.prefix.to_string()},
          {"table", router_.configuration().table_names().to_string(route.table)},
          {"protocol", fib::to_string(path.protocol)},
          {"metric", route.metric},
          {"rank", route.rank},
          {"type", to_string(path.type)},
          {"source", or_null(path.source)},
          {"nexthops", next_hops_of(path)}};
}

template <class Address>
json RouteReporter<Address>::next_hops_of(const fib::Path<Address>& path) const {
  json hops = json::array();
  for (const fib::RouteNextHop<Address>& hop : path.next_hops) {
    hops.push_back(next_hop(hop, 0));
  }
  return hops;
}

template <class Address>
json RouteReporter<Address>::next_hop(const fib::RouteNextHop<Address>& hop, unsigned depth) const {
  if constexpr (std::is_same_v<Address, Ipv4>) {
    if (hop.via && as_foreign(*hop.via) != nullptr) {
      return RouteReporter<Ipv6>{router_}.next_hop(routing::foreign(hop), depth);
    }
  }
  json report{{"via", or_null(hop.via)},
              {"port", hop.port ? json(router_.world().port(*hop.port).name) : json()},
              {"weight", hop.weight},
              {"state", state_of(hop)}};
  if (hop.on_link) {
    report["onlink"] = true;
  }
  if (hop.port || !hop.via) {
    return report;
  }
  const auto& gateway = routing_.gateways().at(*gateway_as<Address>(*hop.via));
  report["recursive"] = nullptr;
  if (!gateway.through || depth > fib::kGroupNestingMax) {
    return report;
  }
  json hops = json::array();
  for (const fib::RouteNextHop<Address>& below : gateway.through->path.next_hops) {
    hops.push_back(next_hop(below, depth + 1));
  }
  report["port"] = hops.empty() ? json() : hops.front().at("port");
  report["recursive"] = {{"prefix", gateway.through->prefix.to_string()}, {"nexthops", hops}};
  return report;
}

template <class Address>
std::string RouteReporter<Address>::state_of(const fib::RouteNextHop<Address>& hop) const {
  if (!hop.port) {
    return hop.via && routing_.gateways().at(*gateway_as<Address>(*hop.via)).usable ? "recursive"
                                                                                    : "unreachable";
  }
  if (!link_up_.at(hop.port->value())) {
    return "linkdown";
  }
  if (!hop.via) {
    return "onlink";
  }
  const auto& table = router_.neighbors_of<Address>().table();
  const auto id = table.find({*hop.port, *gateway_as<Address>(*hop.via)});
  return id ? std::string{neigh::to_string(table.entry(*id).state)} : "NONE";
}

template class RouteReporter<Ipv4>;
template class RouteReporter<Ipv6>;

}  // namespace ringroad::control
