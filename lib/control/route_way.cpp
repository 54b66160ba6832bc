// SPDX-License-Identifier: BSD-3-Clause
// The way of a flow through groups and recursive gateways, and the routes that were not chosen.
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
  WayReporter(const Router& router, NextHopId matched, std::uint32_t flow)
      : routing_{router.routing_of<Address>()},
        table_{router.world().tables().next_hops},
        names_{router.configuration().table_names()},
        reporter_{router},
        id_{matched},
        members_{table_.way_of(matched, flow)} {}

  // Returns one step for the matched route and one for each recursive gateway.
  [[nodiscard]] json steps(const fib::Path<Address>& matched) {
    json steps = json::array();
    const fib::Path<Address>* path = &matched;
    std::optional<Address> gateway;
    for (unsigned depth = 0; path != nullptr && depth <= fib::kGroupNestingMax; ++depth) {
      json step{{"gateway", or_null(gateway)}, {"nexthops", reporter_.next_hops_of(*path)}};
      if (const auto* const through = gateway ? way_of(*gateway) : nullptr) {
        step["prefix"] = through->prefix.to_string();
        step["table"] = names_.to_string(through->table);
        step["protocol"] = fib::to_string(through->path.protocol);
      }
      const fib::RouteNextHop<Address>* const hop = choose(*path, step);
      steps.push_back(std::move(step));
      path = nullptr;
      const Address* const far =
          hop != nullptr && !hop->port && hop->via ? gateway_as<Address>(*hop->via) : nullptr;
      if (far != nullptr) {
        gateway = *far;
        id_ = routing_.next_hops().target(routing_.gateways().at(*far).next_hop);
        const auto* const through = way_of(*far);
        path = through != nullptr ? &through->path : nullptr;
      }
    }
    return steps;
  }

 private:
  // Returns the route through which a gateway is reached, or null if there is none.
  [[nodiscard]] const typename routing::Gateways<Address>::Through* way_of(Address gateway) const {
    const auto& through = routing_.gateways().at(gateway).through;
    return through ? &*through : nullptr;
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

  const routing::Routing<Address>& routing_;
  const fib::NextHopTable& table_;
  const fib::TableNames& names_;
  RouteReporter<Address> reporter_;
  NextHopId id_;
  std::vector<NextHopId> members_;
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
  return WayReporter<Address>{router, matched, flow.hash}.steps(flow.matched);
}

#define RINGROAD_OF_FAMILY(Address)                                        \
  template json runners_up(const RouteReporter<Address>&,                  \
                           const std::vector<fib::RouteView<Address>>&,    \
                           const std::optional<fib::RouteView<Address>>&); \
  template json way_of(const Router&, const FlowWay<Address>&);
RINGROAD_OF_FAMILY(Ipv4)
RINGROAD_OF_FAMILY(Ipv6)
#undef RINGROAD_OF_FAMILY

}  // namespace ringroad::control
