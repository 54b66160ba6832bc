#include "control/routing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "fib/prefix_file.hpp"

namespace ringroad::control {
namespace {

using fib::Protocol;
using fib::Route;
using fib::RouteType;
using fib::Table;
using neigh::AdjacencyKind;

AdjacencyKind kind_of(RouteType type) {
  switch (type) {
    case RouteType::kUnicast:
      return AdjacencyKind::kUnicast;
    case RouteType::kLocal:
      return AdjacencyKind::kLocal;
    case RouteType::kBroadcast:
      return AdjacencyKind::kBroadcast;
    case RouteType::kMulticast:
      return AdjacencyKind::kMulticast;
    case RouteType::kMartian:
      return AdjacencyKind::kMartian;
    case RouteType::kBlackhole:
      return AdjacencyKind::kBlackhole;
    case RouteType::kUnreachable:
      return AdjacencyKind::kUnreachable;
    case RouteType::kProhibit:
      return AdjacencyKind::kProhibit;
  }
  return AdjacencyKind::kNoRoute;
}

// Destinations that no packet may have on a wire: RFC 1812 5.3.7, RFC 6890; 240/4 as in ip::input.
constexpr std::array kMartians{Prefix4{Ipv4{0, 0, 0, 0}, 8}, Prefix4{Ipv4{127, 0, 0, 0}, 8},
                               Prefix4{Ipv4{240, 0, 0, 0}, 4}};
constexpr Prefix4 kMulticast{Ipv4{224, 0, 0, 0}, 4};

bool is_never_unicast(Prefix4 prefix) {
  return kMulticast.contains(prefix) ||
         std::ranges::any_of(kMartians, [&](Prefix4 martian) { return martian.contains(prefix); });
}

bool is_on_link(const Route& route) {
  return route.type == RouteType::kUnicast && route.next_hops.size() == 1 &&
         !route.next_hops.front().via;
}

}  // namespace

Routing::Routing(World& world, NextHops& next_hops)
    : world_{world},
      next_hops_{next_hops},
      rib_{[this](Prefix4 prefix, const Route* best) { best_changed(prefix, best); }} {}

void Routing::add_fixed_routes() {
  const auto add = [&](Prefix4 prefix, RouteType type) {
    // The RIB is empty of them: they cannot be refused.
    static_cast<void>(rib_.add({.prefix = prefix,
                                .table = Table::kLocal,
                                .protocol = Protocol::kKernel,
                                .type = type,
                                .metric = 0,
                                .next_hops = {}}));
  };
  for (const Prefix4 prefix : kMartians) {
    add(prefix, RouteType::kMartian);
  }
  add(kMulticast, RouteType::kMulticast);
  add({kLimitedBroadcast, 32}, RouteType::kBroadcast);
}

Status Routing::add_connected(PortId port, InterfaceAddress address) {
  const auto add = [&](Prefix4 prefix, Table table, RouteType type,
                       std::vector<fib::RouteNextHop> hops) {
    return rib_.add({.prefix = prefix,
                     .table = table,
                     .protocol = table == Table::kLocal ? Protocol::kKernel : Protocol::kConnected,
                     .type = type,
                     .metric = 0,
                     .next_hops = std::move(hops)});
  };
  if (const Status status = add({address.address, 32}, Table::kLocal, RouteType::kLocal, {});
      !status) {
    return status;
  }
  if (address.length == 32) {
    return {};
  }
  if (address.length <= 30) {
    // The all-zeros form too: RFC 1122 3.3.6, and Linux.
    for (const Ipv4 broadcast : {address.subnet().last(), address.subnet().address()}) {
      if (const Status status = add({broadcast, 32}, Table::kLocal, RouteType::kBroadcast, {});
          !status) {
        return status;
      }
    }
  }
  return add(address.subnet(), Table::kMain, RouteType::kUnicast,
             {{.via = std::nullopt, .port = port, .weight = 1}});
}

Result<std::vector<fib::RouteNextHop>> Routing::find_ports(const std::vector<Via>& vias,
                                                           Prefix4 prefix) const {
  std::vector<fib::RouteNextHop> hops;
  for (const Via& via : vias) {
    const PortView* const port = world_.port_on_link_with(via.address);
    if (port == nullptr) {
      return fail(fmt::format("{} via {}: the gateway is on no port's subnet", prefix.to_string(),
                              via.address.to_string()));
    }
    if (world_.is_own(via.address)) {
      return fail(fmt::format("{} via {}: the gateway is this router's own address",
                              prefix.to_string(), via.address.to_string()));
    }
    hops.push_back({.via = via.address, .port = port->id, .weight = via.weight});
  }
  return hops;
}

Status Routing::add(const Request& request) {
  if (request.table != Table::kMain) {
    return fail("only the main table takes routes from outside");
  }
  if (is_never_unicast(request.prefix)) {
    return fail(fmt::format("{} is not a unicast prefix", request.prefix.to_string()));
  }
  if (request.type == RouteType::kUnicast && request.vias.empty()) {
    return fail(fmt::format("{}: a route needs a gateway: via ADDR", request.prefix.to_string()));
  }
  auto hops = find_ports(request.vias, request.prefix);
  if (!hops) {
    return std::unexpected{hops.error()};
  }
  install_error_.reset();
  const Status status = rib_.add({.prefix = request.prefix,
                                  .table = request.table,
                                  .protocol = Protocol::kStatic,
                                  .type = request.type,
                                  .metric = request.metric,
                                  .next_hops = std::move(*hops)});
  if (status && install_error_) {
    const Error error = *install_error_;
    static_cast<void>(rib_.erase({.prefix = request.prefix,
                                  .table = request.table,
                                  .metric = request.metric,
                                  .via = std::nullopt,
                                  .protocol = Protocol::kStatic}));
    return std::unexpected{error};
  }
  return status;
}

Result<fib::Route> Routing::erase(const fib::RouteSelector& selector) {
  fib::RouteSelector only = selector;
  only.protocol = Protocol::kStatic;
  auto erased = rib_.erase(only);
  if (!erased && rib_.best(selector.prefix) != nullptr) {
    return fail(
        fmt::format("{}: no static route matches; the others come and go with their "
                    "addresses",
                    selector.prefix.to_string()));
  }
  return erased;
}

Result<Routing::Loaded> Routing::load(const std::string& path, const std::vector<Ipv4>& vias,
                                      std::uint32_t metric) {
  const auto file = fib::read_prefix_file(path);
  if (!file) {
    return std::unexpected{file.error()};
  }
  const auto fail_and_undo = [&](std::size_t added, const Error& error) {
    for (std::size_t i = 0; i < added; ++i) {
      static_cast<void>(rib_.erase({.prefix = file->prefixes[i],
                                    .table = Table::kMain,
                                    .metric = metric,
                                    .via = std::nullopt,
                                    .protocol = Protocol::kStatic}));
    }
    return std::unexpected{error};
  };
  for (std::size_t i = 0; i < file->prefixes.size(); ++i) {
    const Prefix4 prefix = file->prefixes[i];
    const Via via{vias[std::hash<Prefix4>{}(prefix) % vias.size()], 1};
    const Status status = add({.prefix = prefix,
                               .type = RouteType::kUnicast,
                               .vias = {via},
                               .metric = metric,
                               .table = Table::kMain});
    if (!status) {
      return fail_and_undo(i, Error{fmt::format("{}: {}", path, status.error().what)});
    }
    world_.reclaimer().run_once();
  }
  return Loaded{file->prefixes.size(), file->ipv6_skipped};
}

Result<NextHopId> Routing::next_hop_of(const Route& route) {
  if (route.type != RouteType::kUnicast) {
    return next_hops_.fixed(kind_of(route.type));
  }
  if (is_on_link(route)) {
    return next_hops_.glean(route.next_hops.front().port);
  }
  if (route.next_hops.size() == 1) {
    const auto& hop = route.next_hops.front();
    return next_hops_.acquire({hop.port, *hop.via});
  }
  std::vector<NextHops::Member> members;
  members.reserve(route.next_hops.size());
  for (const auto& hop : route.next_hops) {
    members.push_back({{hop.port, *hop.via}, hop.weight});
  }
  return next_hops_.acquire_group(members);
}

void Routing::best_changed(Prefix4 prefix, const Route* best) {
  const auto old = world_.trie().find(prefix);
  if (best != nullptr) {
    const auto next_hop = next_hop_of(*best);
    if (!next_hop) {
      install_error_ = next_hop.error();
      return;
    }
    world_.trie().insert(prefix, *next_hop);
  } else {
    world_.trie().erase(prefix);
  }
  // A host route in its place belongs to the neighbour, which holds its own reference.
  Neighbor* const host = prefix.length() == 32 ? host_route_of(prefix.address()) : nullptr;
  if (host != nullptr) {
    host->host_route = false;
  } else if (old) {
    next_hops_.release(*old);
  }
  refresh_host_routes(prefix);
}

Routing::Neighbor* Routing::host_route_of(Ipv4 address) {
  for (auto it = neighbors_.lower_bound({address, PortId{}});
       it != neighbors_.end() && it->first.first == address; ++it) {
    if (it->second.host_route) {
      return &it->second;
    }
  }
  return nullptr;
}

void Routing::refresh_host_routes(Prefix4 prefix) {
  for (auto it = neighbors_.lower_bound({prefix.address(), PortId{}});
       it != neighbors_.end() && prefix.contains(it->first.first); ++it) {
    refresh_host_route({it->first.second, it->first.first}, it->second);
  }
}

void Routing::refresh_host_route(neigh::Key key, Neighbor& neighbor) {
  const Route* const route = rib_.lookup(key.address);
  const bool wanted = neighbor.resolved && route != nullptr && is_on_link(*route) &&
                      route->next_hops.front().port == key.port && route->prefix.length() < 32;
  const Prefix4 host{key.address, 32};
  if (wanted && !neighbor.host_route) {
    world_.trie().insert(host, neighbor.next_hop);
  } else if (!wanted && neighbor.host_route) {
    world_.trie().erase(host);
  }
  neighbor.host_route = wanted;
}

Status Routing::resolved(neigh::Key key, Mac mac) {
  const auto [known, fresh] = neighbors_.try_emplace({key.address, key.port});
  Neighbor& neighbor = known->second;
  if (fresh) {
    const auto next_hop = next_hops_.acquire(key);
    if (!next_hop) {
      neighbors_.erase(known);
      return std::unexpected{next_hop.error()};
    }
    neighbor.next_hop = *next_hop;
  }
  if (const Status status = next_hops_.publish(neighbor.next_hop, mac); !status) {
    return status;
  }
  neighbor.resolved = true;
  refresh_host_route(key, neighbor);
  return {};
}

void Routing::unresolved(neigh::Key key) {
  const auto known = neighbors_.find({key.address, key.port});
  if (known == neighbors_.end() || !known->second.resolved) {
    return;
  }
  known->second.resolved = false;
  refresh_host_route(key, known->second);
  next_hops_.unpublish(known->second.next_hop);
}

void Routing::removed(neigh::Key key) {
  unresolved(key);
  if (const auto known = neighbors_.find({key.address, key.port}); known != neighbors_.end()) {
    next_hops_.release(known->second.next_hop);
    neighbors_.erase(known);
  }
}

void Routing::report_use(neigh::Key key, bool report) {
  const auto known = neighbors_.find({key.address, key.port});
  if (known != neighbors_.end() && known->second.resolved) {
    next_hops_.report_use(known->second.next_hop, report);
  }
}

std::optional<AdjacencyId> Routing::adjacency(neigh::Key key) const {
  const auto known = neighbors_.find({key.address, key.port});
  return known == neighbors_.end() ? std::nullopt
                                   : std::optional{next_hops_.adjacency(known->second.next_hop)};
}

const neigh::Adjacency& Routing::resolve(Ipv4 destination, std::uint32_t flow) const {
  const NextHopId next_hop = world_.trie().lookup(destination);
  const AdjacencyId adjacency = world_.next_hops().resolve(next_hop, [&] { return flow; });
  return world_.adjacencies()[adjacency];
}

}  // namespace ringroad::control
