// SPDX-License-Identifier: BSD-3-Clause
// Next hops that are neighbors: what readers send to, and whether it arrives.
#include <algorithm>
#include <iterator>
#include <utility>

#include "routing/next_hops.hpp"

namespace ringroad::routing {
namespace {

using neigh::Adjacency;
using neigh::AdjacencyKind;

constexpr std::uint16_t kIpv4EtherType = 0x0800;

// Neighbors that take on a port's new MTU or MAC in one go.
constexpr std::size_t kRenewalsAtOnce = 2048;

}  // namespace

bool NextHops::has_room_for(neigh::Key4 key) const {
  const bool known = by_key_.contains(key);
  return world_.adjacencies().free() >= (known ? 1U : 2U) &&
         (known || world_.next_hops().free() > 0);
}

Status NextHops::publish(NextHopId id, Mac mac) {
  Neighbor& neighbor = this->neighbor(id);
  const auto adjacency = make_adjacency(AdjacencyKind::kUnicast);
  if (!adjacency) {
    return std::unexpected{adjacency.error()};
  }
  const interface::InterfaceView& port = world_.port(neighbor.key.port);
  Adjacency& entry = world_.adjacencies().at(*adjacency);
  entry.port = neighbor.key.port;
  entry.egress = port.egress;
  entry.tags = port.tags.count > 0 ? &port.tags : nullptr;
  entry.mtu = port.mtu;
  entry.next_hop = neighbor.key.address;
  entry.header = neigh::ethernet_header(mac, port.mac, kIpv4EtherType);
  const AdjacencyId old = std::exchange(neighbor.current, *adjacency);
  point(id, *adjacency);
  if (old != neighbor.unresolved) {
    world_.adjacencies().retire(old);
  }
  failed_.erase(neighbor.key);
  tell_usable(id);
  return {};
}

void NextHops::renew(InterfaceId port) {
  if (const auto found = gleans_.find(port); found != gleans_.end()) {
    const AdjacencyId glean = world_.next_hops().resolve(found->second, [] { return 0U; });
    world_.adjacencies().at(glean).mtu.store(world_.port(port).mtu, std::memory_order_relaxed);
  }
  std::erase_if(renewals_, [port](neigh::Key4 next) { return next.port == port; });
  renewals_.push_back({port, Ipv4{}});
  advance();
}

bool NextHops::advance() {
  std::size_t count = 0;
  while (!renewals_.empty()) {
    neigh::Key4& next = renewals_.back();
    const auto it = by_key_.lower_bound(next);
    if (it == by_key_.end() || it->first.port != next.port) {
      renewals_.pop_back();
      continue;
    }
    next = it->first;
    if (++count > kRenewalsAtOnce || !renew(it->second)) {
      return true;
    }
    if (next.address == kLimitedBroadcast) {
      renewals_.pop_back();
    } else {
      next.address = Ipv4{next.address.value() + 1};
    }
  }
  return count > 0;
}

bool NextHops::renew(NextHopId id) {
  const Neighbor neighbor = this->neighbor(id);
  const interface::InterfaceView& port = world_.port(neighbor.key.port);
  for (const AdjacencyId adjacency : {neighbor.unresolved, neighbor.current}) {
    world_.adjacencies().at(adjacency).mtu.store(port.mtu, std::memory_order_relaxed);
  }
  if (neighbor.current == neighbor.unresolved) {
    return true;
  }
  const Adjacency& old = world_.adjacencies()[neighbor.current];
  Mac destination;
  std::copy_n(old.header.begin(), destination.octets.size(), destination.octets.begin());
  if (old.header == neigh::ethernet_header(destination, port.mac, kIpv4EtherType)) {
    return true;
  }
  const bool report = old.report_use.load(std::memory_order_relaxed);
  if (!publish(id, destination)) {
    return false;
  }
  report_use(id, report);
  return true;
}

void NextHops::hold(NextHopId id) {
  world_.adjacencies().at(neighbor(id).unresolved).hold.store(true, std::memory_order_relaxed);
}

void NextHops::unpublish(NextHopId id) {
  Neighbor& neighbor = this->neighbor(id);
  world_.adjacencies().at(neighbor.unresolved).hold.store(false, std::memory_order_relaxed);
  if (neighbor.current == neighbor.unresolved) {
    return;
  }
  point(id, neighbor.unresolved);
  world_.adjacencies().retire(std::exchange(neighbor.current, neighbor.unresolved));
}

void NextHops::report_use(NextHopId id, bool report) {
  world_.adjacencies().at(adjacency(id)).report_use.store(report, std::memory_order_relaxed);
}

AdjacencyId NextHops::adjacency(NextHopId id) const {
  return std::get<Neighbor>(nodes_.at(id).what).current;
}

std::optional<NextHopId> NextHops::find(neigh::Key4 key) const {
  const auto found = by_key_.find(key);
  return found == by_key_.end() ? std::nullopt : std::optional{found->second};
}

bool NextHops::usable(neigh::Key4 key) const {
  return has_link(key.port) && !failed_.contains(key);
}

void NextHops::forget(neigh::Key4 key) {
  if (!by_key_.contains(key)) {
    failed_.erase(key);
  }
}

bool NextHops::neighbor_failed(neigh::Key4 key) {
  const auto id = find(key);
  if (!id) {
    return false;
  }
  const bool was = usable(*id);
  failed_.insert(key);
  tell_usable(*id);
  return was;
}

bool NextHops::set_link(InterfaceId port, bool up) {
  const bool changed = up ? without_link_.erase(port) > 0 : without_link_.insert(port).second;
  if (!changed) {
    return false;
  }
  for (auto it = depended_.lower_bound({port, Ipv4{}}); it != depended_.end() && it->port == port;
       ++it) {
    tell_usable(by_key_.at(*it));
  }
  return true;
}

std::optional<neigh::Key4> NextHops::doubt_neighbors(InterfaceId port,
                                                     std::optional<neigh::Key4> after,
                                                     std::size_t most) {
  auto it = after ? by_key_.upper_bound(*after) : by_key_.lower_bound({port, Ipv4{}});
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

std::vector<neigh::Key4> NextHops::failed_neighbors() const {
  std::vector<neigh::Key4> failed;
  std::ranges::copy_if(failed_, std::back_inserter(failed),
                       [this](neigh::Key4 key) { return has_link(key.port); });
  return failed;
}

}  // namespace ringroad::routing
