// SPDX-License-Identifier: BSD-3-Clause
#include "routing/gateways.hpp"

#include <algorithm>
#include <ranges>
#include <tuple>
#include <utility>
#include <vector>

#include "base/log.hpp"

namespace ringroad::routing {
namespace {

using fib::Usability;
using neigh::AdjacencyKind;

// Whether the route is useless because all its gateways are recursive and none of them is usable.
template <class Address>
bool is_lost(const fib::RouteView<Address>& way) {
  return way.usability == Usability::kDoubtful &&
         std::ranges::none_of(way.path.next_hops,
                              [](const auto& hop) { return hop.port.has_value(); });
}

// The default route is not used to reach a gateway: it covers every address, so no gateway would
// ever be lost.
template <class Address>
bool is_way(const fib::RouteView<Address>& route) {
  return route.usability != Usability::kDead && route.prefix.length() > 0;
}

// Whether a gateway may be reached through a route of this type. Martian prefixes and the router's
// own addresses do not lead to a gateway.
bool leads_on(RouteType type) {
  return type == RouteType::kUnicast || type == RouteType::kBlackhole ||
         type == RouteType::kUnreachable || type == RouteType::kProhibit;
}

}  // namespace

template <class Address>
bool Gateways<Address>::is_covered(Address address) const {
  const auto routes = rib_.covering(address);
  const auto way = std::ranges::find_if(routes, is_way<Address>);
  return way != routes.end() && leads_on(way->path.type);
}

template <class Address>
Result<NextHopId> Gateways<Address>::acquire(Address address) {
  auto next_hop = next_hops_.acquire_recursive(address);
  const bool known = gateways_.contains(address);
  if (!next_hop || known) {
    return next_hop;
  }
  // The entry in `gateways_` holds a reference of its own.
  const auto own = next_hops_.acquire_recursive(address);
  Entry& entry = *gateways_.emplace(address, Gateway{.next_hop = *own, .through = {}}).first;
  resolve(entry);
  entry.second.usable = next_hops_.usable(*own);
  return next_hop;
}

template <class Address>
void Gateways<Address>::changed(Prefix prefix) {
  for (auto it = gateways_.lower_bound(prefix.address());
       it != gateways_.end() && prefix.contains(it->first); ++it) {
    moved_.insert(it->first);
  }
}

template <class Address>
void Gateways<Address>::changed(const IsLost& is_lost) {
  for (const auto& [address, gateway] : gateways_) {
    if (gateway.passed_over || (gateway.through && is_lost(gateway.through->path))) {
      moved_.insert(address);
    }
  }
}

template <class Address>
bool Gateways<Address>::try_way(Entry& entry, const View& way) {
  auto& [address, gateway] = entry;
  Result<NextHopId> target;
  switch (way.path.type) {
    case RouteType::kBlackhole:
      target = next_hops_.fixed(AdjacencyKind::kBlackhole);
      break;
    case RouteType::kUnreachable:
      target = next_hops_.fixed(AdjacencyKind::kUnreachable);
      break;
    case RouteType::kProhibit:
      target = next_hops_.fixed(AdjacencyKind::kProhibit);
      break;
    default: {
      const auto& first = way.path.next_hops.front();
      target = first.via ? acquire_(way.path) : next_hops_.acquire({*first.port, address});
    }
  }
  if (!target) {
    log::warn("gateway {}: {}", address.to_string(), target.error().what);
    return false;
  }
  // This fails if the route leads through the gateway itself.
  const bool taken = next_hops_.set_recursive(gateway.next_hop, *target).has_value();
  next_hops_.release(*target);
  if (taken) {
    gateway.through = Through{way.prefix, way.table, way.path};
  }
  return taken;
}

template <class Address>
void Gateways<Address>::resolve(Entry& entry) {
  const auto routes = rib_.covering(entry.first);
  std::vector<const View*> ways;
  for (const View& route : routes | std::views::filter(is_way<Address>)) {
    ways.push_back(&route);
  }
  // The routes are tried in the order in which forwarding prefers them, because the first ones may
  // lead through the gateway itself.
  std::ranges::stable_sort(ways, {}, [](const View* way) {
    return std::tuple{-static_cast<int>(way->table), -way->prefix.length(), way->usability};
  });
  entry.second.passed_over = false;
  for (const View* const way : ways) {
    if (!leads_on(way->path.type)) {
      break;
    }
    if (!is_lost(*way) && try_way(entry, *way)) {
      return;
    }
    entry.second.passed_over = true;
  }
  entry.second.through.reset();
  // This cannot fail: a fixed next hop never closes a loop.
  static_cast<void>(next_hops_.set_recursive(entry.second.next_hop,
                                             next_hops_.fixed(AdjacencyKind::kUnreachable)));
}

template <class Address>
void Gateways<Address>::forget_unused() {
  // A removed gateway may have been the last user of another one, so this repeats until nothing is
  // removed.
  while (std::erase_if(gateways_, [this](const Entry& entry) {
           const bool unused = next_hops_.references(entry.second.next_hop) == 1;
           if (unused) {
             next_hops_.release(entry.second.next_hop);
             moved_.erase(entry.first);
           }
           return unused;
         }) > 0) {
  }
}

template <class Address>
bool Gateways<Address>::settle() {
  const bool look_again = std::exchange(look_again_, false);
  if (moved_.empty() && !look_again) {
    return false;
  }
  forget_unused();
  for (const Address address : std::exchange(moved_, {})) {
    resolve(*gateways_.find(address));
  }
  forget_unused();  // gateways through which others were reached until now
  bool any = false;
  for (auto& [address, gateway] : gateways_) {
    const bool usable = next_hops_.usable(gateway.next_hop);
    any = std::exchange(gateway.usable, usable) != usable || any;
  }
  if (any) {
    for (const auto& [address, gateway] : gateways_) {
      moved_.insert(address);
    }
  }
  return any;
}

template class Gateways<Ipv4>;
template class Gateways<Ipv6>;

}  // namespace ringroad::routing
