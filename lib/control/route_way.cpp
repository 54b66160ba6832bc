// SPDX-License-Identifier: BSD-3-Clause
// The way of a flow through groups and recursive gateways, and the routes that were not chosen.
#include <span>
#include <string_view>
#include <type_traits>

#include "control/json.hpp"
#include "control/route_json.hpp"

namespace ringroad::control {
namespace {

using nlohmann::json;

using fib::Usability;
// Reports the path of a flow: the members of each group, with their shares and the one that the
// flow takes, then the routes through which recursive gateways are reached.
template <class Address>
class WayReporter {
 public:
  // `members` are the members of groups that the flow takes, in the order of the way.
  WayReporter(const Router& router, NextHopId matched, std::span<const NextHopId> members)
      : router_{router},
        routing_{router.routing_of<Address>()},
        table_{router.world().tables().next_hops},
        reporter_{router},
        id_{matched},
        members_{members} {}

  // Adds a step for the route, and one for each recursive gateway behind it.
  void add_route(const fib::Path<Address>& path, json& steps) {
    add(path, {{"gateway", nullptr}}, steps);
  }

 private:
  friend WayReporter<Ipv4>;

  void add(const fib::Path<Address>& path, json step, json& steps) {
    step["nexthops"] = reporter_.next_hops_of(path);
    const fib::RouteNextHop<Address>* const hop = choose(path, step);
    steps.push_back(std::move(step));
    if (hop == nullptr || hop->port || !hop->via || steps.size() > fib::kGroupNestingMax) {
      return;
    }
    if (const Ipv6* const foreign = as_foreign(*hop->via)) {
      WayReporter<Ipv6>{router_, id_, members_.subspan(level_)}.add_gateway(*foreign, steps);
    } else {
      add_gateway(*gateway_as<Address>(*hop->via), steps);
    }
  }
  // Adds the route that leads to a recursive gateway, if there is one.
  void add_gateway(Address gateway, json& steps) {
    const auto& known = routing_.gateways().at(gateway);
    if (!known.through) {
      return;
    }
    id_ = routing_.next_hops().target(known.next_hop);
    const auto& through = *known.through;
    add(through.path,
        {{"gateway", gateway.to_string()},
         {"prefix", through.prefix.to_string()},
         {"table", router_.configuration().table_names().to_string(through.table)},
         {"protocol", fib::to_string(through.path.protocol)}},
        steps);
  }
  [[nodiscard]] const fib::RouteNextHop<Address>* choose(const fib::Path<Address>& path,
                                                         json& step) {
    const auto& hops = path.next_hops;
    if (hops.size() < 2) {
      return hops.empty() ? nullptr : &hops.front();
    }
    step["buckets"] = table_.buckets(id_);
    const NextHopId taken = level_ < members_.size() ? members_[level_++] : fib::kNoRoute;
    const fib::RouteNextHop<Address>* chosen = nullptr;
    for (std::size_t i = 0; i < hops.size(); ++i) {
      const NextHopId member = routing_.next_hop_id(hops[i]);
      step["nexthops"][i]["buckets"] = table_.buckets_of(id_, member);
      step["nexthops"][i]["taken"] = member == taken;
      chosen = member == taken ? &hops[i] : chosen;
    }
    return chosen;
  }

  const Router& router_;
  const routing::Routing<Address>& routing_;
  const fib::NextHopTable& table_;
  RouteReporter<Address> reporter_;
  NextHopId id_;
  std::span<const NextHopId> members_;
  std::size_t level_ = 0;
};

template <class Address>
std::string_view why_not(const fib::RouteView<Address>& route,
                         const std::optional<fib::RouteView<Address>>& match) {
  if (!match || route.usability == Usability::kDead) {
    return "linkdown";
  }
  if (route.table != match->table) {
    return "table consulted later";
  }
  if (route.prefix != match->prefix) {
    return "shorter prefix";
  }
  if (route.metric == match->metric && route.rank > match->rank) {
    return "came later";
  }
  return route.metric <= match->metric ? "gateway unreachable" : "higher metric";
}

}  // namespace

template <class Address>
json runners_up(const RouteReporter<Address>& reporter,
                const std::vector<fib::RouteView<Address>>& covering,
                const std::optional<fib::RouteView<Address>>& match) {
  json others = json::array();
  for (const fib::RouteView<Address>& route : covering) {
    if (match && route.prefix == match->prefix && route.table == match->table &&
        route.metric == match->metric && route.rank == match->rank) {
      continue;
    }
    json other = reporter.report(route);
    const json& hops = other["nexthops"];
    other["via"] = hops.empty() ? json() : hops.front().at("via");
    other["port"] = hops.empty() ? json() : hops.front().at("port");
    other["reason"] = why_not(route, match);
    others.push_back(std::move(other));
  }
  return others;
}

template <class Address>
json way_of(const Router& router, const FlowWay<Address>& flow) {
  const NextHopId matched = [&] {
    if constexpr (std::is_same_v<Address, Ipv4>) {
      return router.world().tables().trie.lookup(flow.destination);
    } else {
      return router.world().tables().trie6.lookup(flow.destination);
    }
  }();
  const auto members = router.world().tables().next_hops.way_of(matched, flow.hash);
  json steps = json::array();
  WayReporter<Address>{router, matched, members}.add_route(flow.matched, steps);
  return steps;
}

template json runners_up(const RouteReporter<Ipv4>&, const std::vector<fib::RouteView<Ipv4>>&,
                         const std::optional<fib::RouteView<Ipv4>>&);
template json way_of(const Router&, const FlowWay<Ipv4>&);
template json runners_up(const RouteReporter<Ipv6>&, const std::vector<fib::RouteView<Ipv6>>&,
                         const std::optional<fib::RouteView<Ipv6>>&);
template json way_of(const Router&, const FlowWay<Ipv6>&);

}  // namespace ringroad::control
