// SPDX-License-Identifier: BSD-3-Clause
// The steps of an explanation that say which route a packet takes.
#include <fmt/format.h>

#include <algorithm>

#include "control/explain_steps.hpp"
#include "control/route_json.hpp"
#include "control/route_text.hpp"

namespace ringroad::control {

template <class Address>
const neigh::Adjacency& ExplainSteps::way() const {
  return router_.routing_of<Address>().resolve(destination<Address>(), flow_);
}

template <class Address>
Address ExplainSteps::neighbor_on(const neigh::Adjacency& way) const {
  return way.kind == neigh::AdjacencyKind::kGlean ? destination<Address>()
                                                  : way.next_hop_of<Address>();
}

EitherAddress ExplainSteps::next_hop(const RehearsedFrame& frame) const {
  if (frame.waits) {
    return frame.neighbor;
  }
  if (is_ipv6_) {
    return neighbor_on<Ipv6>(way<Ipv6>());
  }
  const neigh::Adjacency& way = this->way<Ipv4>();
  return way.leads_to_ipv6() ? EitherAddress{way.next_hop6} : neighbor_on<Ipv4>(way);
}

void ExplainSteps::add_route() {
  if (is_local_) {
    return;  // the route of the answer
  }
  is_routed_ = true;
  if (is_ipv6_) {
    add_route_of<Ipv6>();
  } else {
    add_route_of<Ipv4>();
  }
}

template <class Address>
void ExplainSteps::add_route_of() {
  const neigh::Adjacency& way = this->way<Address>();
  const auto match = router_.routing_of<Address>().rib().lookup(destination<Address>());
  add("route", fmt::format("{}: {}", match_text(router_, destination<Address>()),
                           way_text<Address>(router_, way)));
  if (match) {
    add_group<Address>(*match);
  }
  add_runners_up<Address>(match);
  add_reverse_path<Address>();
  if (way.leads_on()) {
    add_way<Address>(way);
  } else if (is_ipv6_) {
    add_own_of_link(way);
  }
}

template <class Address>
void ExplainSteps::add_reverse_path() {
  if (ingress_ && router_.world().port(*ingress_).rp_filter != config::ReversePath::kOff) {
    add("route",
        fmt::format("reverse path: the source {}", match_text(router_, source<Address>())));
  }
}

template <class Address>
void ExplainSteps::add_way(const neigh::Adjacency& way) {
  mtu_ = way.mtu.load(std::memory_order_relaxed);
  add("mtu", fmt::format("{} bytes {} the MTU of {}, {}", packet_.size(),
                         packet_.size() > mtu_ ? "exceed" : "fit", name(way.port), mtu_));
  if (way.leads_to_ipv6()) {
    add("neighbor", neighbor_text(router_, neigh::Key6{way.port, way.next_hop6}));
    return;
  }
  add("neighbor", neighbor_text(router_, neigh::Key<Address>{way.port, neighbor_on<Address>(way)}));
}

void ExplainSteps::add_own_of_link(const neigh::Adjacency& way) {
  const bool is_group = way.kind == neigh::AdjacencyKind::kMulticast;
  if (!ingress_ || (!is_group && way.kind != neigh::AdjacencyKind::kLinkLocal)) {
    return;
  }
  const LinkAddresses& links =
      *router_.world().tables().link_addresses.load(std::memory_order_acquire);
  const bool is_ours = links.contains(*ingress_, destination<Ipv6>());
  const std::string_view no = is_ours ? "" : "not ";
  add("route", is_group ? fmt::format("{} has {}joined this group", name(*ingress_), no)
                        : fmt::format("this is {}an address of {}", no, name(*ingress_)));
}

template <class Address>
void ExplainSteps::add_group(const fib::RouteView<Address>& match) {
  const nlohmann::json steps =
      way_of(router_, FlowWay<Address>{destination<Address>(), flow_, match.path});
  for (const nlohmann::json& step : steps) {
    if (step.at("gateway").is_string()) {
      add("route",
          fmt::format("the gateway {} is reached through {}", step.at("gateway").get<std::string>(),
                      step.contains("prefix") ? step.at("prefix").get<std::string>()
                                              : std::string{"no route"}));
    }
    if (!step.contains("buckets")) {
      continue;
    }
    for (const nlohmann::json& hop : step.at("nexthops")) {
      const auto text = [](const nlohmann::json& value) {
        return value.is_string() ? value.get<std::string>() : std::string{"-"};
      };
      add("group",
          fmt::format("{} via {} on {}, weight {}: {} of {} buckets, {}",
                      hop.value("taken", false) ? "takes" : "not", text(hop.at("via")),
                      text(hop.at("port")), hop.at("weight").get<unsigned>(),
                      hop.at("buckets").get<std::size_t>(), step.at("buckets").get<std::size_t>(),
                      hop.value("taken", false) ? fmt::format("the flow's hash is {:#010x}", flow_)
                                                : text(hop.at("state"))));
    }
  }
}

template <class Address>
void ExplainSteps::add_runners_up(const std::optional<fib::RouteView<Address>>& match) {
  constexpr std::size_t kMost = 4;
  const RouteReporter<Address> reporter{router_};
  const auto covering = router_.routing_of<Address>().rib().covering(destination<Address>());
  const nlohmann::json others = runners_up(reporter, covering, match);
  for (std::size_t i = 0; i < std::min(kMost, others.size()); ++i) {
    const nlohmann::json& other = others[i];
    const auto& via = other.at("via");
    const auto& port = other.at("port");
    add("route",
        fmt::format("otherwise {}{}{}{} metric {} ({})",
                    other.at("type") == "unicast" ? "" : other.at("type").get<std::string>() + " ",
                    other.at("prefix").get<std::string>(),
                    via.is_string() ? " via " + via.get<std::string>() : "",
                    port.is_string() ? " on " + port.get<std::string>() : "",
                    other.at("metric").get<std::uint32_t>(),
                    other.at("reason").get<std::string>()));
  }
}

}  // namespace ringroad::control
