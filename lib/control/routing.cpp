#include "control/routing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace ringroad::control {
namespace {

using fib::Path4;
using fib::Protocol;
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

bool is_on_link(const Path4& path) {
  return path.type == RouteType::kUnicast && path.next_hops.size() == 1 &&
         !path.next_hops.front().via;
}

}  // namespace

Routing::Routing(World& world, NextHops& next_hops)
    : world_{world},
      next_hops_{next_hops},
      rib_{{.acquire = [this](const Path4& path) { return next_hop_of(path); },
            .release = [this](NextHopId next_hop) { next_hops_.release(next_hop); },
            .usable = {},
            .best_changed = [this](auto changes) { best_changed(changes); }}} {}

void Routing::add_fixed_routes() {
  const auto add = [&](Prefix4 prefix, RouteType type) {
    // The RIB is empty of them: they cannot be refused.
    [[maybe_unused]] const Status added =
        rib_.add({.prefix = prefix,
                  .table = Table::kLocal,
                  .metric = 0,
                  .path = {.protocol = Protocol::kKernel, .type = type}});
  };
  for (const Prefix4 prefix : kMartians) {
    add(prefix, RouteType::kMartian);
  }
  add(kMulticast, RouteType::kMulticast);
  add({kLimitedBroadcast, 32}, RouteType::kBroadcast);
}

Status Routing::add_connected(PortId port, InterfaceAddress address) {
  // Linux too remembers with each which address it comes from.
  const auto add = [&](Prefix4 prefix, Table table, Path4 path) {
    path.protocol = table == Table::kLocal ? Protocol::kKernel : Protocol::kConnected;
    path.source = address.address;
    return rib_.add({.prefix = prefix, .table = table, .metric = 0, .path = std::move(path)});
  };
  if (const Status status = add({address.address, 32}, Table::kLocal, {.type = RouteType::kLocal});
      !status) {
    return status;
  }
  // The subnet of a second address on it, Linux's "secondary", is there already.
  const auto is_connected = [](const fib::Rib4::View& route) {
    return route.path.protocol == Protocol::kConnected;
  };
  if (address.length == 32 || std::ranges::any_of(rib_.at(address.subnet()), is_connected)) {
    return {};
  }
  if (address.length <= 30) {
    // The all-zeros form too: RFC 1122 3.3.6, and Linux.
    for (const Ipv4 broadcast : {address.subnet().last(), address.subnet().address()}) {
      if (const Status status =
              add({broadcast, 32}, Table::kLocal, {.type = RouteType::kBroadcast});
          !status) {
        return status;
      }
    }
  }
  return add(address.subnet(), Table::kMain,
             {.next_hops = {{.via = std::nullopt, .port = port, .weight = 1}}});
}

bool Routing::is_routable(Prefix4 prefix) {
  return !kMulticast.contains(prefix) &&
         std::ranges::none_of(kMartians, [&](Prefix4 martian) { return martian.contains(prefix); });
}

Status Routing::check_table(Table table) {
  return table == Table::kLocal
             ? fail("table local holds the router's own addresses; take main or another")
             : Status{};
}

Result<PortId> Routing::port_towards(Ipv4 gateway) const {
  const PortView* const port = world_.port_on_link_with(gateway);
  if (port == nullptr) {
    return fail(fmt::format("the gateway {} is on no port's subnet", gateway.to_string()));
  }
  if (world_.is_own(gateway)) {
    return fail(fmt::format("the gateway {} is this router's own address", gateway.to_string()));
  }
  return port->id;
}

Result<Path4> Routing::path_via(Ipv4 gateway) const {
  const auto port = port_towards(gateway);
  if (!port) {
    return std::unexpected{port.error()};
  }
  return Path4{.next_hops = {{.via = gateway, .port = *port, .weight = 1}}};
}

Status Routing::add(const Request& request) {
  if (Status status = check_table(request.table); !status) {
    return status;
  }
  const std::string prefix = request.prefix.to_string();
  if (!is_routable(request.prefix)) {
    return fail(fmt::format("{} is not a unicast prefix", prefix));
  }
  if (request.type == RouteType::kUnicast && request.vias.empty()) {
    return fail(fmt::format("{}: a route needs a gateway: via ADDR", prefix));
  }
  if (request.source && !world_.is_own(*request.source)) {
    return fail(fmt::format("{} src {}: that is not an address of this router", prefix,
                            request.source->to_string()));
  }
  Path4 path{.type = request.type, .source = request.source};
  for (const Via& via : request.vias) {
    const auto port = port_towards(via.address);
    if (!port) {
      return fail(fmt::format("{}: {}", prefix, port.error().what));
    }
    path.next_hops.push_back({.via = via.address, .port = *port, .weight = via.weight});
  }
  return rib_.add({.prefix = request.prefix,
                   .table = request.table,
                   .metric = request.metric,
                   .path = std::move(path)});
}

Result<fib::Route4> Routing::erase(const fib::RouteSelector4& selector) {
  fib::RouteSelector4 only = selector;
  only.protocol = Protocol::kStatic;
  auto erased = rib_.erase(only);
  if (!erased && rib_.best(selector.prefix)) {
    return fail(
        fmt::format("{}: no static route matches; the others come and go with their "
                    "addresses",
                    selector.prefix.to_string()));
  }
  return erased;
}

Result<NextHopId> Routing::next_hop_of(const Path4& path) {
  if (path.type != RouteType::kUnicast) {
    return next_hops_.fixed(kind_of(path.type));
  }
  if (is_on_link(path)) {
    return next_hops_.glean(path.next_hops.front().port);
  }
  if (path.next_hops.size() == 1) {
    const auto& hop = path.next_hops.front();
    return next_hops_.acquire({hop.port, hop.via.value_or(Ipv4{})});
  }
  std::vector<NextHops::Member> members;
  members.reserve(path.next_hops.size());
  for (const auto& hop : path.next_hops) {
    members.push_back({{hop.port, hop.via.value_or(Ipv4{})}, hop.weight});
  }
  return next_hops_.acquire_group(members);
}

void Routing::best_changed(std::span<const fib::RouteChange<Ipv4>> changes) {
  world_.trie().apply(changes);
  for (const auto& [prefix, next_hop] : changes) {
    // A host route in its place was the neighbour's.
    Neighbor* const host = prefix.length() == 32 ? host_route_of(prefix.address()) : nullptr;
    if (host != nullptr) {
      host->host_route = false;
    }
    refresh_host_routes(prefix);
  }
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
  const auto route = rib_.lookup(key.address);
  const bool wanted = neighbor.resolved && route && is_on_link(route->path) &&
                      route->path.next_hops.front().port == key.port && route->prefix.length() < 32;
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
