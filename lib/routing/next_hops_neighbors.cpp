// SPDX-License-Identifier: BSD-3-Clause
// Next hops that are neighbors: the adjacency that readers use, and whether the neighbor is usable.
#include <algorithm>
#include <iterator>
#include <utility>

#include "routing/next_hops.hpp"

namespace ringroad::routing {
namespace {

using neigh::Adjacency;
using neigh::AdjacencyKind;

// The number of neighbors that get a port's new MTU or MAC in one slice.
constexpr std::size_t kRenewalsAtOnce = 2048;

}  // namespace

template <class Address>
bool NextHops<Address>::has_room_for(Key key) const {
  const bool known = by_key_.contains(key);
  return world_.adjacencies().free() >= (known ? 1U : 2U) &&
         (known || world_.next_hops().free() > 0);
}

template <class Address>
Status NextHops<Address>::publish(NextHopId id, Mac mac) {
  Neighbor& neighbor = this->neighbor(id);
  const auto adjacency = make_adjacency(AdjacencyKind::kUnicast, neighbor.key.port);
  if (!adjacency) {
    return std::unexpected{adjacency.error()};
  }
  const interface::InterfaceView& port = world_.port(neighbor.key.port);
  Adjacency& entry = world_.adjacencies().at(*adjacency);
  entry.tags = port.tags.count > 0 ? &port.tags : nullptr;
  entry.set_next_hop(neighbor.key.address);
  entry.header = neigh::ethernet_header(mac, port.mac, Address::kEtherType);
  const AdjacencyId old = std::exchange(neighbor.current, *adjacency);
  point(id, *adjacency);
  if (old != neighbor.unresolved) {
    world_.adjacencies().retire(old);
  }
  failed_.erase(neighbor.key);
  tell_usable(id);
  return {};
}

template <class Address>
void NextHops<Address>::renew(InterfaceId port) {
  if (const auto found = gleans_.find(port); found != gleans_.end()) {
    const AdjacencyId glean = world_.next_hops().resolve(found->second, [] { return 0U; });
    world_.adjacencies().at(glean).mtu.store(world_.port(port).template mtu_of<Address>(),
                                             std::memory_order_relaxed);
  }
  std::erase_if(renewals_, [port](Key next) { return next.port == port; });
  renewals_.push_back({port, Address{}});
  advance();
}

template <class Address>
bool NextHops<Address>::advance() {
  std::size_t count = 0;
  while (!renewals_.empty()) {
    Key& next = renewals_.back();
    const auto it = by_key_.lower_bound(next);
    if (it == by_key_.end() || it->first.port != next.port) {
      renewals_.pop_back();
      continue;
    }
    next = it->first;
    if (++count > kRenewalsAtOnce || !renew(it->second)) {
      return true;
    }
    if (next.address == Prefix<Address>{}.last()) {
      renewals_.pop_back();
    } else {
      next.address = next.address.next();
    }
  }
  return count > 0;
}

template <class Address>
bool NextHops<Address>::renew(NextHopId id) {
  const Neighbor neighbor = this->neighbor(id);
  const interface::InterfaceView& port = world_.port(neighbor.key.port);
  for (const AdjacencyId adjacency : {neighbor.unresolved, neighbor.current}) {
    world_.adjacencies().at(adjacency).mtu.store(port.template mtu_of<Address>(),
                                                 std::memory_order_relaxed);
  }
  if (neighbor.current == neighbor.unresolved) {
    return true;
  }
  const Adjacency& old = world_.adjacencies()[neighbor.current];
  Mac destination;
  std::copy_n(old.header.begin(), destination.octets.size(), destination.octets.begin());
  if (old.header == neigh::ethernet_header(destination, port.mac, Address::kEtherType)) {
    return true;
  }
  const bool report = old.report_use.load(std::memory_order_relaxed);
  if (!publish(id, destination)) {
    return false;
  }
  report_use(id, report);
  return true;
}

template <class Address>
void NextHops<Address>::hold(NextHopId id) {
  world_.adjacencies().at(neighbor(id).unresolved).hold.store(true, std::memory_order_relaxed);
}

template <class Address>
void NextHops<Address>::unpublish(NextHopId id) {
  Neighbor& neighbor = this->neighbor(id);
  world_.adjacencies().at(neighbor.unresolved).hold.store(false, std::memory_order_relaxed);
  if (neighbor.current == neighbor.unresolved) {
    return;
  }
  point(id, neighbor.unresolved);
  world_.adjacencies().retire(std::exchange(neighbor.current, neighbor.unresolved));
}

template <class Address>
void NextHops<Address>::report_use(NextHopId id, bool report) {
  world_.adjacencies().at(adjacency(id)).report_use.store(report, std::memory_order_relaxed);
}

template <class Address>
AdjacencyId NextHops<Address>::adjacency(NextHopId id) const {
  return std::get<Neighbor>(nodes_.at(id).what).current;
}

template <class Address>
std::optional<NextHopId> NextHops<Address>::find(Key key) const {
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? std::nullopt : std::optional{found->second};
}

template <class Address>
bool NextHops<Address>::usable(Key key) const {
  return has_link(key.port) && !failed_.contains(key);
}

template <class Address>
void NextHops<Address>::forget(Key key) {
  if (!by_key_.contains(key)) {
    failed_.erase(key);
  }
}

template <class Address>
bool NextHops<Address>::neighbor_failed(Key key) {
  const auto id = find(key);
  if (!id) {
    return false;
  }
  const bool was = usable(*id);
  failed_.insert(key);
  tell_usable(*id);
  return was;
}

template <class Address>
bool NextHops<Address>::set_link(InterfaceId port, bool up) {
  const bool changed = up ? without_link_.erase(port) > 0 : without_link_.insert(port).second;
  if (!changed) {
    return false;
  }
  for (auto it = depended_.lower_bound({port, Address{}});
       it != depended_.end() && it->port == port; ++it) {
    tell_usable(by_key_.at(*it));
  }
  return true;
}

template <class Address>
std::optional<neigh::Key<Address>> NextHops<Address>::doubt_neighbors(InterfaceId port,
                                                                      std::optional<Key> after,
                                                                      std::size_t most) {
  auto it = after ? by_key_.upper_bound(*after) : by_key_.lower_bound({port, Address{}});
  for (std::size_t count = 1; it != by_key_.end() && it->first.port == port; ++it, ++count) {
    const Neighbor& there = neighbor(it->second);
    if (there.current == there.unresolved) {
      failed_.insert(it->first);
      tell_usable(it->second);
    }
    if (count == most) {
      return it->first;
    }
  }
  return std::nullopt;
}

template <class Address>
std::vector<neigh::Key<Address>> NextHops<Address>::failed_neighbors() const {
  std::vector<Key> failed;
  std::ranges::copy_if(failed_, std::back_inserter(failed),
                       [this](Key key) { return has_link(key.port); });
  return failed;
}

template class NextHops<Ipv4>;
template class NextHops<Ipv6>;

}  // namespace ringroad::routing
