// SPDX-License-Identifier: BSD-3-Clause
// Routes as `show routes` lists them and `route get` explains them.

#include <algorithm>
#include <array>
#include <cstring>
#include <iterator>
#include <string_view>
#include <utility>

#include "control/report.hpp"
#include "ip4/decide.hpp"

namespace ringroad::control {
namespace {

using fib::Usability;
using nlohmann::json;
using View = fib::Rib4::View;

json or_null(std::optional<Ipv4> address) { return address ? json(address->to_string()) : json(); }

// In the form that goes out: there may be many. Asks each port's link once, however many routes go
// by it.
class RouteReporter {
 public:
  explicit RouteReporter(const Router& router) : router_{router} {
    for (const interface::InterfaceView& port : router.world().ports()) {
      link_up_.push_back(router.routing().next_hops().has_link(port.id));
    }
  }

  [[nodiscard]] json report(const View& route) const {
    const fib::Path4& path = route.path;
    return {{"prefix", route.prefix.to_string()},
            {"table", router_.configuration().table_names().to_string(route.table)},
            {"protocol", fib::to_string(path.protocol)},
            {"metric", route.metric},
            {"rank", route.rank},
            {"type", fib::to_string(path.type)},
            {"source", or_null(path.source)},
            {"nexthops", next_hops_of(path)}};
  }

  [[nodiscard]] json next_hops_of(const fib::Path4& path) const {
    json hops = json::array();
    for (const fib::RouteNextHop4& hop : path.next_hops) {
      hops.push_back(next_hop(hop, 0));
    }
    return hops;
  }

 private:
  // Its port, where it is recursive, is that of the first way to it.
  [[nodiscard]] json next_hop(const fib::RouteNextHop4& hop, unsigned depth) const {
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
  // A word for people: whether packets to it go.
  [[nodiscard]] std::string state_of(const fib::RouteNextHop4& hop) const {
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

  const Router& router_;
  std::vector<bool> link_up_;
};

// A group's members, each with its share, the one that the flow takes marked; from there on through
// the routes that lead to recursive gateways.
class WayReporter {
 public:
  WayReporter(const Router& router, NextHopId matched, std::uint32_t flow)
      : routing_{router.routing()},
        table_{router.world().tables().next_hops},
        names_{router.configuration().table_names()},
        reporter_{router},
        id_{matched},
        members_{table_.way_of(matched, flow)} {}

  // One step for the match and each gateway after it.
  [[nodiscard]] json steps(const fib::Path4& matched) {
    json steps = json::array();
    const fib::Path4* path = &matched;
    std::optional<Ipv4> gateway;
    for (unsigned depth = 0; path != nullptr && depth <= fib::kGroupNestingMax; ++depth) {
      json step{{"gateway", or_null(gateway)}, {"nexthops", reporter_.next_hops_of(*path)}};
      if (const auto* const through = gateway ? way_of(*gateway) : nullptr) {
        step["prefix"] = through->prefix.to_string();
        step["table"] = names_.to_string(through->table);
        step["protocol"] = fib::to_string(through->path.protocol);
      }
      const fib::RouteNextHop4* const hop = choose(*path, step);
      steps.push_back(std::move(step));
      path = nullptr;
      if (hop != nullptr && !hop->port && hop->via) {
        gateway = hop->via;
        id_ = routing_.next_hops().target(routing_.gateways().at(*hop->via).next_hop);
        const auto* const through = way_of(*hop->via);
        path = through != nullptr ? &through->path : nullptr;
      }
    }
    return steps;
  }

 private:
  // The route by which a gateway is reached; null: there is none.
  [[nodiscard]] const routing::Gateways::Through* way_of(Ipv4 gateway) const {
    const auto& through = routing_.gateways().at(gateway).through;
    return through ? &*through : nullptr;
  }
  [[nodiscard]] const fib::RouteNextHop4* choose(const fib::Path4& path, json& step) {
    const auto& hops = path.next_hops;
    if (hops.size() < 2) {
      return hops.empty() ? nullptr : &hops.front();
    }
    step["buckets"] = table_.buckets(id_);
    const NextHopId taken = level_ < members_.size() ? members_[level_++] : fib::kNoRoute;
    const fib::RouteNextHop4* chosen = nullptr;
    for (std::size_t i = 0; i < hops.size(); ++i) {
      const NextHopId member = routing_.next_hop_id(hops[i]);
      step["nexthops"][i]["buckets"] = table_.buckets_of(id_, member);
      step["nexthops"][i]["taken"] = member == taken;
      chosen = member == taken ? &hops[i] : chosen;
    }
    return chosen;
  }

  const routing::Routing& routing_;
  const fib::NextHopTable& table_;
  const fib::TableNames& names_;
  RouteReporter reporter_;
  NextHopId id_;
  std::vector<NextHopId> members_;
  std::size_t level_ = 0;
};

// The hash that workers would find in the flow's packets.
std::uint32_t hash_of(const Router& router, const FlowQuestion& question) {
  std::array<std::uint8_t, sizeof(rte_ipv4_hdr) + 4> packet{};
  rte_ipv4_hdr header{};
  header.version_ihl = RTE_IPV4_VHL_DEF;
  header.next_proto_id = question.protocol;
  header.src_addr = rte_cpu_to_be_32(question.source.value_or(Ipv4{}).value());
  header.dst_addr = rte_cpu_to_be_32(question.destination.value());
  const std::array ports{rte_cpu_to_be_16(question.source_port),
                         rte_cpu_to_be_16(question.destination_port)};
  std::memcpy(packet.data(), &header, sizeof header);
  std::memcpy(packet.data() + sizeof header, ports.data(), sizeof ports);
  return router.world().tables().flow_hash.of(packet);
}

std::string_view why_not(const View& route, const std::optional<View>& match) {
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

json runners_up(const RouteReporter& reporter, const std::vector<View>& covering,
                const std::optional<View>& match) {
  json others = json::array();
  for (const View& route : covering) {
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

}  // namespace

namespace {

// The longest prefix that covers the address, in that table or else in the one that forwards it.
std::vector<View> longest_match(const fib::Rib4& rib, Ipv4 address,
                                std::optional<fib::Table> table) {
  std::optional<Prefix4> prefix;
  if (!table) {
    if (const auto match = rib.lookup(address)) {
      prefix = match->prefix;
      table = match->table;
    }
  }
  for (int length = 32; table && !prefix && length >= 0; --length) {
    const Prefix4 candidate{address, static_cast<std::uint8_t>(length)};
    const auto routes = rib.at(candidate);
    if (std::ranges::find(routes, *table, &View::table) != routes.end()) {
      prefix = candidate;
    }
  }
  std::vector<View> found;
  if (prefix) {
    std::ranges::copy_if(rib.at(*prefix), std::back_inserter(found),
                         [&](const View& route) { return route.table == *table; });
  }
  return found;
}

// Calls visit(route) for those of the filter until it answers false.
template <class Visit>
void visit_routes(const fib::Rib4& rib, const RouteFilter& filter, const Visit& visit) {
  const auto wanted = [&](fib::Table table) { return !filter.table || table == *filter.table; };
  if (filter.match || filter.prefix) {
    const auto routes =
        filter.match ? longest_match(rib, *filter.match, filter.table) : rib.at(*filter.prefix);
    static_cast<void>(std::ranges::all_of(
        routes, [&](const View& route) { return !wanted(route.table) || visit(route); }));
    return;
  }
  bool reached = !filter.after;
  bool more = true;
  for (const fib::Table table : rib.tables()) {
    const bool in_here = filter.after && table == filter.after->table;
    reached = reached || in_here;
    if (reached && more && wanted(table)) {
      rib.for_each(
          table, [&](const View& route) { return more = visit(route); },
          in_here ? std::optional{filter.after->position} : std::nullopt);
    }
  }
}

}  // namespace

bool has_more_routes(const Router& router, const RouteFilter& filter, std::size_t than) {
  std::size_t count = 0;
  visit_routes(router.routing().rib(), filter, [&](const View&) { return ++count <= than; });
  return count > than;
}

json report_routes(const Router& router, const RouteFilter& filter) {
  json routes = json::array();
  const RouteReporter reporter{router};
  std::size_t next_hops = 0;
  if (filter.most > 0) {
    visit_routes(router.routing().rib(), filter, [&](const View& route) {
      routes.push_back(reporter.report(route));
      next_hops += route.path.next_hops.size();
      return routes.size() < filter.most && next_hops < filter.next_hops;
    });
  }
  return routes;
}

Json report_route_to(const Router& router, const FlowQuestion& question) {
  const Ipv4 address = question.destination;
  const routing::Routing& routing = router.routing();
  const RouteReporter reporter{router};
  const auto match = routing.rib().lookup(address);
  const auto covering = routing.rib().covering(address);
  Json answer{{"type", "unreachable"}, {"prefix", nullptr}};
  if (match) {
    answer = reporter.report(*match);
  }
  answer["address"] = address.to_string();
  answer["runners_up"] = runners_up(reporter, covering, match);
  if (!match) {
    return answer;
  }
  FlowQuestion flow = question;
  std::uint32_t hash = hash_of(router, flow);
  const neigh::Adjacency* adjacency = &routing.resolve(address, hash);
  const auto neighbor_of = [&] {
    return adjacency->kind == neigh::AdjacencyKind::kGlean ? address : adjacency->next_hop;
  };
  // As a packet of the shortest would fare.
  const bool forwards = ip4::decide({}, *adjacency).fate == ip4::Verdict::Fate::kForward;
  for (const char* const key : {"via", "port", "mac", "neighbor_state", "mtu"}) {
    answer[key] = nullptr;
  }
  if (forwards) {
    if (!flow.source) {
      flow.source = match->path.source ? match->path.source
                                       : router.world().source(adjacency->port, neighbor_of());
      hash = hash_of(router, flow);
      adjacency = &routing.resolve(address, hash);
    }
    const Ipv4 neighbor = neighbor_of();
    const bool via = !match->path.next_hops.empty() && match->path.next_hops.front().via;
    answer["via"] = via ? Json(neighbor.to_string()) : Json();
    answer["port"] = router.world().port(adjacency->port).name;
    answer["mtu"] = adjacency->mtu.load(std::memory_order_relaxed);
    if (!match->path.source) {
      answer["source"] = or_null(router.world().source(adjacency->port, neighbor));
    }
    if (const auto id = router.neighbors().table().find({adjacency->port, neighbor})) {
      const neigh::Entry4& entry = router.neighbors().table().entry(*id);
      answer["neighbor_state"] = neigh::to_string(entry.state);
      answer["mac"] = neigh::has_mac(entry.state) ? Json(entry.mac.to_string()) : Json();
    }
  }
  answer["flow"] = {{"source", or_null(flow.source)},
                    {"protocol", flow.protocol},
                    {"source_port", flow.source_port},
                    {"destination_port", flow.destination_port},
                    {"hash", hash}};
  answer["steps"] =
      WayReporter{router, router.world().tables().trie.lookup(address), hash}.steps(match->path);
  return answer;
}

}  // namespace ringroad::control
