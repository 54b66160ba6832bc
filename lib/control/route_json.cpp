// SPDX-License-Identifier: BSD-3-Clause
#include "control/route_json.hpp"

#include "control/json.hpp"

namespace ringroad::control {

using nlohmann::json;

RouteReporter::RouteReporter(const Router& router)
    : router_{router}, link_up_(router.world().ids_end()) {
  for (const interface::InterfaceView& port : router.world().ports()) {
    link_up_[port.id.value()] = router.routing().next_hops().has_link(port.id);
  }
}

json RouteReporter::report(const fib::Rib4::View& route) const {
  const fib::Path4& path = route.path;
  return {{"prefix", route.prefix.to_string()},
          {"table", router_.configuration().table_names().to_string(route.table)},
          {"protocol", fib::to_string(path.protocol)},
          {"metric", route.metric},
          {"rank", route.rank},
          {"type", to_string(path.type)},
          {"source", or_null(path.source)},
          {"nexthops", next_hops_of(path)}};
}

json RouteReporter::next_hops_of(const fib::Path4& path) const {
  json hops = json::array();
  for (const fib::RouteNextHop4& hop : path.next_hops) {
    hops.push_back(next_hop(hop, 0));
  }
  return hops;
}

json RouteReporter::next_hop(const fib::RouteNextHop4& hop, unsigned depth) const {
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
  const auto& gateway = router_.routing().gateways().at(*hop.via);
  report["recursive"] = nullptr;
  if (!gateway.through || depth > fib::kGroupNestingMax) {
    return report;
  }
  json hops = json::array();
  for (const fib::RouteNextHop4& below : gateway.through->path.next_hops) {
    hops.push_back(next_hop(below, depth + 1));
  }
  report["port"] = hops.empty() ? json() : hops.front().at("port");
  report["recursive"] = {{"prefix", gateway.through->prefix.to_string()}, {"nexthops", hops}};
  return report;
}

std::string RouteReporter::state_of(const fib::RouteNextHop4& hop) const {
  if (!hop.port) {
    return hop.via && router_.routing().gateways().at(*hop.via).usable ? "recursive"
                                                                       : "unreachable";
  }
  if (!link_up_.at(hop.port->value())) {
    return "linkdown";
  }
  if (!hop.via) {
    return "onlink";
  }
  const auto& table = router_.neighbors().table();
  const auto id = table.find({*hop.port, *hop.via});
  return id ? std::string{neigh::to_string(table.entry(*id).state)} : "NONE";
}

}  // namespace ringroad::control
