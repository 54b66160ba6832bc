// SPDX-License-Identifier: BSD-3-Clause
#include "routing/routing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/log.hpp"
#include "routing/fixed_routes.hpp"

namespace ringroad::routing {
namespace {

using fib::Protocol;
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
    case RouteType::kLinkLocal:
      return AdjacencyKind::kLinkLocal;
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

// The number of neighbors whose host routes are updated in one slice, ~1.5 us each.
constexpr std::size_t kHostsAtOnce = 512;

}  // namespace

fib::RouteNextHop<Ipv6> foreign(const fib::RouteNextHop<Ipv4>& hop) {
  const Ipv6* const gateway = hop.via ? as_foreign(*hop.via) : nullptr;
  return {.via = gateway != nullptr ? std::optional{*gateway} : std::nullopt,
          .port = hop.port,
          .weight = hop.weight,
          .on_link = hop.on_link};
}

template <class Address>
Routing<Address>::Routing(interface::World& world, NextHops<Address>& next_hops)
    : world_{world},
      next_hops_{next_hops},
      rib_{{.acquire = [this](const Path& path) { return next_hop_of(path); },
            .release =
                [this](NextHopId next_hop) {
                  if (other_ != nullptr && other_->next_hops_.lends()) {
                    other_->gateways_.changed();
                  }
                  next_hops_.release(next_hop);
                  gateways_.changed();
                },
            .usability = [this](const Path& path) { return usability(path); },
            .best_changed = [this](auto changes) { best_changed(changes); }}},
      gateways_{next_hops, rib_, [this](const Path& path) { return next_hop_of(path); }} {}

template <class Address>
void Routing<Address>::connect(Routing<Ipv4>& ipv4, Routing<Ipv6>& ipv6) {
  ipv4.other_ = &ipv6;
  ipv6.other_ = &ipv4;
  NextHops<Address>::connect(ipv4.next_hops_, ipv6.next_hops_);
}

template <class Address>
bool Routing<Address>::is_on_link(const Path& path) {
  return path.type == RouteType::kUnicast && path.next_hops.size() == 1 &&
         !path.next_hops.front().via;
}

template <class Address>
void Routing<Address>::add_fixed_routes() {
  for (const auto& [prefix, type] : kFixedRoutes<Address>) {
    // The RIB has no such route yet, so it does not refuse them.
    [[maybe_unused]] const Status added =
        rib_.add({.prefix = prefix,
                  .table = Table::kLocal,
                  .metric = 0,
                  .path = {.protocol = Protocol::kKernel, .type = type}});
  }
}

template <class Address>
Status Routing<Address>::sync_connected() {
  const auto edits = connected_.changes(
      world_, [this](Prefix prefix) { return rib_.find(Table::kMain, prefix, 0).has_value(); });
  Status status = rib_.commit(edits);
  if (status) {
    connected_.confirm();
    tell_gateways(edits);
  }
  settle();
  return status;
}

template <class Address>
Result<fib::Path<Address>> Routing<Address>::path_via(Address gateway, bool recursive) const {
  const auto hop = hop_to({.address = gateway, .recursive = recursive});
  if (!hop) {
    return std::unexpected{hop.error()};
  }
  return Path{.next_hops = {*hop}};
}

template <class Address>
Status Routing<Address>::add(const fib::RouteBatch<Address>& batch) {
  Status status = rib_.add(batch);
  tell_gateways(batch.entries);
  settle();
  return status;
}

template <class Address>
Status Routing<Address>::erase(const fib::RouteBatch<Address>& batch) {
  Status status = rib_.erase(batch);
  tell_gateways(batch.entries);
  settle();
  return status;
}

template <class Address>
bool Routing<Address>::binds(InterfaceId port) const {
  return rib_.any_path([port](const Path& path) {
    return path.protocol == Protocol::kStatic &&
           std::ranges::any_of(path.next_hops, [port](const auto& hop) {
             return hop.port == port &&
                    (hop.on_link || !hop.via || as_foreign(*hop.via) != nullptr);
           });
  });
}

template <class Address>
bool Routing<Address>::has_gateway(const std::function<bool(Address)>& is) const {
  const auto names = [&](const auto& path) {
    return std::ranges::any_of(path.next_hops, [&](const auto& hop) {
      const Address* const gateway = hop.via ? gateway_as<Address>(*hop.via) : nullptr;
      return gateway != nullptr && is(*gateway);
    });
  };
  return rib_.any_path(names) || (other_ != nullptr && other_->rib_.any_path(names));
}

template <class Address>
std::optional<Address> Routing<Address>::preferred_source(Address destination) const {
  const auto route = rib_.lookup(destination);
  return route ? route->path.source : std::nullopt;
}

// NOLINTBEGIN(bugprone-unchecked-optional-access): a next hop without a gateway has a port, and is
// its path's only one.
template <class Address>
Result<NextHopId> Routing<Address>::next_hop_of(const fib::RouteNextHop<Address>& hop) {
  if constexpr (std::is_same_v<Address, Ipv4>) {
    if (as_foreign(*hop.via) != nullptr) {
      const auto id = other_->next_hop_of(foreign(hop));
      return id ? Result<NextHopId>{next_hops_.borrow(*id)} : id;
    }
  }
  const Address gateway = *gateway_as<Address>(*hop.via);
  return hop.port ? next_hops_.acquire({*hop.port, gateway}) : gateways_.acquire(gateway);
}

template <class Address>
Result<NextHopId> Routing<Address>::next_hop_of(const Path& path) {
  if (path.type != RouteType::kUnicast) {
    return next_hops_.fixed(kind_of(path.type));
  }
  if (is_on_link(path)) {
    return next_hops_.glean(*path.next_hops.front().port);
  }
  if (path.next_hops.size() == 1) {
    return next_hop_of(path.next_hops.front());
  }
  std::vector<GroupPath> members;
  Result<NextHopId> id;
  for (const auto& hop : path.next_hops) {
    id = next_hop_of(hop);
    if (!id) {
      break;
    }
    members.push_back({*id, hop.weight});
  }
  if (id) {
    id = next_hops_.acquire_group(members, like_);
  }
  // The group holds references of its own now.
  for (const GroupPath& member : members) {
    next_hops_.release(member.next_hop);
  }
  if (!id) {
    gateways_.changed();  // the refused group may have been the only user of a gateway
  }
  return id;
}

template <class Address>
NextHopId Routing<Address>::next_hop_id(const fib::RouteNextHop<Address>& hop) const {
  if constexpr (std::is_same_v<Address, Ipv4>) {
    if (as_foreign(*hop.via) != nullptr) {
      return other_->next_hop_id(foreign(hop));
    }
  }
  const Address gateway = *gateway_as<Address>(*hop.via);
  return hop.port ? next_hops_.find({*hop.port, gateway}).value_or(fib::kNoRoute)
                  : gateways_.at(gateway).next_hop;
}

template <class Address>
bool Routing<Address>::has_link(const fib::RouteNextHop<Address>& hop) const {
  const bool borrows = hop.via && as_foreign(*hop.via) != nullptr;
  return !hop.port ||
         (borrows ? other_->next_hops_.has_link(*hop.port) : next_hops_.has_link(*hop.port));
}

template <class Address>
bool Routing<Address>::answers(const fib::RouteNextHop<Address>& hop) const {
  if (!hop.via) {
    return true;
  }
  if constexpr (std::is_same_v<Address, Ipv4>) {
    if (as_foreign(*hop.via) != nullptr) {
      return other_->answers(foreign(hop));
    }
  }
  const Address gateway = *gateway_as<Address>(*hop.via);
  return hop.port ? next_hops_.usable(Key{*hop.port, gateway}) : gateways_.at(gateway).usable;
}
// NOLINTEND(bugprone-unchecked-optional-access)

// RFC 1812 5.2.4.3 excludes routes that packets cannot be sent by. If a route's gateways merely do
// not answer, Linux's fib_select_default prefers another route of the prefix, and keeps this one if
// there is none.
template <class Address>
fib::Usability Routing<Address>::usability(const Path& path) const {
  const auto is_dead = [this](const auto& hop) { return !has_link(hop); };
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

template <class Address>
void Routing<Address>::reconsider() {
  rib_.reconsider();
  gateways_.changed(
      [this](const Path& path) { return usability(path) != fib::Usability::kUsable; });
  gateways_.changed();
  settle();
  if (next_hops_.lends()) {
    other_->reconsider();
  }
}

template <class Address>
void Routing<Address>::settle() {
  // Each round settles the gateways that depend on those of the round before. More rounds mean that
  // gateways keep changing each other.
  constexpr int kRoundsMax = 16;
  int round = 0;
  for (; gateways_.settle(); ++round) {
    if (round == kRoundsMax) {
      log::warn("gateways are reached through each other in turn; some are left as they are");
      break;
    }
    // The slice is small, because settling may take many rounds.
    constexpr std::size_t kSmallSlice = Rib::kSlice / 16;
    rib_.reconsider(kSmallSlice);
  }
  if (round > 0 && next_hops_.lends()) {
    other_->reconsider();
  }
  if constexpr (std::is_same_v<Address, Ipv4>) {
    if (other_ != nullptr) {
      other_->settle();  // gateways that a route of this family was the last to name
    }
  }
}

template <class Address>
bool Routing<Address>::advance() {
  const bool chose = rib_.advance();
  if (chose) {
    settle();
  }
  const bool refreshed = refresh_hosts(kHostsAtOnce);
  if (!chose && failover_from_) {
    report_failover();
  }
  return next_hops_.advance() || refreshed || chose;
}

template <class Address>
void Routing<Address>::set_link(InterfaceId port, bool up) {
  if (!next_hops_.set_link(port, up)) {
    return;
  }
  if (up) {
    reconsider();
  } else {
    fail_over();
  }
}

template <class Address>
void Routing<Address>::fail_over() {
  begin_failover();
  if (next_hops_.lends()) {
    other_->begin_failover();
  }
  reconsider();
}

template <class Address>
void Routing<Address>::begin_failover() {
  if (!failover_from_) {
    failover_from_ = trie_changes_;
  }
}

template <class Address>
void Routing<Address>::report_failover() {
  const std::uint64_t before = std::exchange(failover_from_, std::nullopt).value_or(trie_changes_);
  const std::uint64_t prefixes = trie_changes_ - before;
  if (prefixes > 0) {
    log::event(log::Level::info, {{"prefixes", std::to_string(prefixes)}},
               "failover: {} prefix{} changed the way they are reached", prefixes,
               prefixes == 1 ? "" : "es");
  }
}

template <class Address>
void Routing<Address>::best_changed(std::span<const fib::RouteChange<Address>> changes) {
  world_.trie<Address>().apply(changes);
  trie_changes_ += changes.size();
  for (const auto& [prefix, next_hop] : changes) {
    // This change replaced the neighbor's host route.
    Neighbor* const host =
        prefix.length() == Address::kBits ? host_route_of(prefix.address()) : nullptr;
    if (host != nullptr) {
      host->host_route = false;
    }
    refresh_later(prefix);
    gateways_.changed(prefix);
  }
  refresh_hosts(kHostsAtOnce);
}

template <class Address>
const neigh::Adjacency& Routing<Address>::resolve(Address destination, std::uint32_t flow) const {
  const NextHopId next_hop = world_.trie<Address>().lookup(destination);
  const AdjacencyId adjacency = world_.next_hops().resolve(next_hop, [&] { return flow; });
  return world_.adjacencies()[adjacency];
}

template <class Address>
const neigh::Adjacency* Routing<Address>::resolve_by(InterfaceId port, Address destination) const {
  for (const auto& route : rib_.covering(destination)) {
    if (route.usability == fib::Usability::kDead) {
      continue;
    }
    for (const auto& hop : route.path.next_hops) {
      if (!hop.via) {
        continue;
      }
      const AdjacencyId id = world_.next_hops().resolve(next_hop_id(hop), [] { return 0U; });
      const neigh::Adjacency& adjacency = world_.adjacencies()[id];
      if (adjacency.port == port && adjacency.leads_on()) {
        return &adjacency;
      }
    }
  }
  return nullptr;
}

template class Routing<Ipv4>;
template class Routing<Ipv6>;

}  // namespace ringroad::routing
