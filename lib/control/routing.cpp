#include "control/routing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/log.hpp"

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
            .release =
                [this](NextHopId next_hop) {
                  next_hops_.release(next_hop);
                  gateways_.changed();
                },
            .usability = [this](const Path4& path) { return usability(path); },
            .best_changed = [this](auto changes) { best_changed(changes); }}},
      gateways_{next_hops, rib_, [this](const Path4& path) { return next_hop_of(path); }} {}

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
  Status status = add(address.subnet(), Table::kMain,
                      {.next_hops = {{.via = std::nullopt, .port = port, .weight = 1}}});
  settle();
  return status;
}

void Routing::replace_source(Prefix4 prefix, Table table, Ipv4 from, Ipv4 to) {
  for (const fib::Rib4::View& view : rib_.at(prefix)) {
    if (view.table != table || view.metric != 0 || view.path.source != from) {
      continue;
    }
    fib::Route4 route{.prefix = prefix, .table = table, .metric = 1, .path = view.path};
    route.path.source = to;
    // The one that is last in turn bridges the moment between the two.
    const fib::RouteSelector4 old{.prefix = prefix,
                                  .table = table,
                                  .metric = 0,
                                  .via = std::nullopt,
                                  .protocol = std::nullopt};
    fib::RouteSelector4 bridge = old;
    bridge.metric = 1;
    const bool bridged = rib_.add(route).has_value();
    static_cast<void>(rib_.erase(old));
    route.metric = 0;
    static_cast<void>(rib_.add(route));
    if (bridged) {
      static_cast<void>(rib_.erase(bridge));
    }
    return;
  }
}

void Routing::remove_connected(InterfaceAddress address, std::span<const InterfaceAddress> left) {
  const auto erase = [this](Prefix4 prefix, Table table) {
    // What never was there, or is another address's, stays as it is.
    static_cast<void>(rib_.erase(
        {.prefix = prefix,
         .table = table,
         .metric = 0,
         .via = std::nullopt,
         .protocol = table == Table::kLocal ? Protocol::kKernel : Protocol::kConnected}));
  };
  erase({address.address, 32}, Table::kLocal);
  const Prefix4 subnet = address.subnet();
  const auto heir = std::ranges::find(left, subnet, &InterfaceAddress::subnet);
  if (address.length < 32 && heir != left.end()) {
    replace_source(subnet, Table::kMain, address.address, heir->address);
    for (const Ipv4 broadcast : {subnet.last(), subnet.address()}) {
      replace_source({broadcast, 32}, Table::kLocal, address.address, heir->address);
    }
  } else if (address.length < 32) {
    erase(subnet, Table::kMain);
    if (address.length <= 30) {
      erase({subnet.last(), 32}, Table::kLocal);
      erase({subnet.address(), 32}, Table::kLocal);
    }
  }
  // No packet of that subnet is to find a neighbour by a way that is gone.
  refresh_host_routes(subnet);
  settle();
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

Result<fib::RouteNextHop4> Routing::hop_to(Ipv4 gateway) const {
  if (world_.is_own(gateway)) {
    return fail(fmt::format("the gateway {} is this router's own address", gateway.to_string()));
  }
  if (!gateway.is_unicast() || world_.is_broadcast(gateway)) {
    return fail(fmt::format("the gateway {} is no host's address", gateway.to_string()));
  }
  fib::RouteNextHop4 hop{.via = gateway, .port = std::nullopt, .weight = 1};
  if (const PortView* const port = world_.port_on_link_with(gateway); port != nullptr) {
    hop.port = port->id;
  } else if (!gateways_.is_covered(gateway)) {
    return fail(
        fmt::format("the gateway {} is on no port's subnet, and no route but the default leads "
                    "to it",
                    gateway.to_string()));
  }
  return hop;
}

Result<Path4> Routing::path_via(Ipv4 gateway) const {
  const auto hop = hop_to(gateway);
  if (!hop) {
    return std::unexpected{hop.error()};
  }
  return Path4{.next_hops = {*hop}};
}

Status Routing::add(const fib::Rib4::Batch& batch) {
  Status status = rib_.add(batch);
  settle();
  return status;
}

Status Routing::erase(const fib::Rib4::Batch& batch) {
  Status status = rib_.erase(batch);
  settle();
  return status;
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
    auto hop = hop_to(via.address);
    if (!hop) {
      return fail(fmt::format("{}: {}", prefix, hop.error().what));
    }
    hop->weight = via.weight;
    path.next_hops.push_back(*hop);
  }
  Status status = rib_.add({.prefix = request.prefix,
                            .table = request.table,
                            .metric = request.metric,
                            .path = std::move(path)});
  settle();
  return status;
}

Result<fib::Route4> Routing::erase(const fib::RouteSelector4& selector) {
  fib::RouteSelector4 only = selector;
  only.protocol = Protocol::kStatic;
  auto erased = rib_.erase(only);
  settle();
  if (!erased && rib_.best(selector.prefix)) {
    return fail(
        fmt::format("{}: no static route matches; the others come and go with their "
                    "addresses",
                    selector.prefix.to_string()));
  }
  return erased;
}

Result<NextHopId> Routing::next_hop_of(const fib::RouteNextHop4& hop) {
  return hop.port ? next_hops_.acquire({*hop.port, *hop.via}) : gateways_.acquire(*hop.via);
}

Result<NextHopId> Routing::next_hop_of(const Path4& path) {
  if (path.type != RouteType::kUnicast) {
    return next_hops_.fixed(kind_of(path.type));
  }
  if (is_on_link(path)) {
    return next_hops_.glean(*path.next_hops.front().port);
  }
  if (path.next_hops.size() == 1) {
    return next_hop_of(path.next_hops.front());
  }
  NextHops::Paths members;
  Result<NextHopId> id;
  for (const auto& hop : path.next_hops) {
    id = next_hop_of(hop);
    if (!id) {
      break;
    }
    members.push_back({*id, hop.weight});
  }
  if (id) {
    id = next_hops_.acquire_group(members);
  }
  // The group has its own references by now.
  for (const NextHops::Path& member : members) {
    next_hops_.release(member.next_hop);
  }
  return id;
}

NextHopId Routing::next_hop_id(const fib::RouteNextHop4& hop) const {
  return hop.port ? next_hops_.find({*hop.port, *hop.via}).value_or(fib::kNoRoute)
                  : gateways_.at(*hop.via).next_hop;
}

// RFC 1812 5.2.4.3 leaves out what cannot be sent to. Of gateways that only do not answer, Linux's
// fib_select_default chooses another where there is one, and keeps the route where there is none.
fib::Usability Routing::usability(const Path4& path) const {
  const auto is_dead = [this](const auto& hop) {
    return hop.port.has_value() && !next_hops_.has_link(*hop.port);
  };
  const auto answers = [this](const auto& hop) {
    return !hop.via || (hop.port ? next_hops_.usable(neigh::Key{*hop.port, *hop.via})
                                 : gateways_.at(*hop.via).usable);
  };
  const auto& hops = path.next_hops;
  if (hops.empty()) {
    return fib::Usability::kUsable;
  }
  if (std::ranges::all_of(hops, is_dead)) {
    return fib::Usability::kDead;
  }
  return std::ranges::any_of(hops, [&](const auto& hop) { return !is_dead(hop) && answers(hop); })
             ? fib::Usability::kUsable
             : fib::Usability::kDoubtful;
}

void Routing::reconsider() {
  rib_.reconsider();
  gateways_.changed();
  settle();
}

void Routing::settle() {
  // Each round settles what is one gateway further up; more would be gateways that chase each
  // other.
  constexpr int kRoundsMax = 16;
  for (int round = 0; gateways_.settle(); ++round) {
    if (round == kRoundsMax) {
      log::warn("gateways are reached through each other in turn; some are left as they are");
      break;
    }
    rib_.reconsider();
  }
}

void Routing::set_link(PortId port, bool up) {
  if (next_hops_.set_link(port, up)) {
    reconsider();
  }
}

void Routing::best_changed(std::span<const fib::RouteChange<Ipv4>> changes) {
  world_.trie().apply(changes);
  trie_changes_ += changes.size();
  for (const auto& [prefix, next_hop] : changes) {
    // A host route in its place was the neighbour's.
    Neighbor* const host = prefix.length() == 32 ? host_route_of(prefix.address()) : nullptr;
    if (host != nullptr) {
      host->host_route = false;
    }
    refresh_host_routes(prefix);
    gateways_.changed(prefix);
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
  const bool was_usable = next_hops_.usable(neighbor.next_hop);
  if (const Status status = next_hops_.publish(neighbor.next_hop, mac); !status) {
    return status;
  }
  neighbor.resolved = true;
  refresh_host_route(key, neighbor);
  if (next_hops_.usable(neighbor.next_hop) != was_usable) {
    reconsider();
  }
  return {};
}

void Routing::failed(neigh::Key key) {
  if (next_hops_.neighbor_failed(key)) {
    reconsider();
  }
}

std::vector<neigh::Key> Routing::failed_gateways() const {
  std::vector<neigh::Key> failed = next_hops_.failed_neighbors();
  // Hosts on the link are next hops of their own, once they were resolved: nobody waits for those.
  std::erase_if(failed, [this](neigh::Key key) {
    const auto id = next_hops_.find(key);
    const bool known = neighbors_.contains({key.address, key.port});
    return !id || next_hops_.references(*id) <= (known ? 1U : 0U);
  });
  return failed;
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
