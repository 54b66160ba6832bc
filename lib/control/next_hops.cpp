#include "control/next_hops.hpp"

namespace ringroad::control {
namespace {

using neigh::Adjacency;
using neigh::AdjacencyKind;

constexpr std::uint16_t kIpv4EtherType = 0x0800;

}  // namespace

NextHops::NextHops(World& world) : world_{world} {
  // The first is what a lookup that matches nothing answers: fib::kNoRoute.
  for (const AdjacencyKind kind :
       {AdjacencyKind::kNoRoute, AdjacencyKind::kLocal, AdjacencyKind::kBroadcast,
        AdjacencyKind::kMulticast, AdjacencyKind::kMartian, AdjacencyKind::kBlackhole,
        AdjacencyKind::kUnreachable, AdjacencyKind::kProhibit}) {
    // The tables are new and empty: there is room.
    const AdjacencyId adjacency = *make_adjacency(kind);
    // NOLINTNEXTLINE(bugprone-unchecked-optional-access)
    fixed_.at(static_cast<std::size_t>(kind)) = *world_.next_hops().allocate(adjacency);
  }
}

Result<AdjacencyId> NextHops::make_adjacency(AdjacencyKind kind) {
  const auto id = world_.adjacencies().allocate();
  if (!id) {
    return fail("the adjacency table is full; raise arp.gc_thresh and restart");
  }
  world_.adjacencies().at(*id).kind = kind;
  return *id;
}

NextHopId NextHops::fixed(AdjacencyKind kind) const {
  return fixed_.at(static_cast<std::size_t>(kind));
}

NextHopId NextHops::glean(PortId port) {
  const auto [found, fresh] = gleans_.try_emplace(port);
  if (fresh) {
    // Made while the router is set up, one a port: there is room.
    const AdjacencyId adjacency = *make_adjacency(AdjacencyKind::kGlean);
    Adjacency& entry = world_.adjacencies().at(adjacency);
    entry.port = port;
    entry.mtu = world_.port(port).mtu;
    // NOLINTNEXTLINE(bugprone-unchecked-optional-access)
    found->second = *world_.next_hops().allocate(adjacency);
  }
  return found->second;
}

Result<NextHopId> NextHops::acquire(neigh::Key key) {
  if (const auto found = by_key_.find(key); found != by_key_.end()) {
    ++hops_.at(found->second).references;
    return found->second;
  }
  const auto adjacency = make_adjacency(AdjacencyKind::kUnresolved);
  if (!adjacency) {
    return std::unexpected{adjacency.error()};
  }
  Adjacency& entry = world_.adjacencies().at(*adjacency);
  entry.port = key.port;
  entry.mtu = world_.port(key.port).mtu;
  entry.next_hop = key.address;
  const auto id = world_.next_hops().allocate(*adjacency);
  if (!id) {
    world_.adjacencies().retire(*adjacency);
    return fail("the next-hop table is full");
  }
  by_key_.emplace(key, *id);
  hops_.emplace(*id, Hop{key, *adjacency, *adjacency, 1});
  return *id;
}

Result<NextHopId> NextHops::acquire_group(const std::vector<Member>& members) {
  if (const auto found = by_members_.find(members); found != by_members_.end()) {
    ++groups_.at(found->second).references;
    return found->second;
  }
  Group group{members, {}, 1};
  std::vector<fib::NextHopTable::Member> weighted;
  const auto undo = [&](const Error& error) {
    for (const NextHopId hop : group.hops) {
      release(hop);
    }
    return std::unexpected{error};
  };
  for (const Member& member : members) {
    const auto hop = acquire(member.key);
    if (!hop) {
      return undo(hop.error());
    }
    group.hops.push_back(*hop);
    weighted.push_back({*hop, member.weight});
  }
  const auto id = world_.next_hops().allocate_group(weighted);
  if (!id) {
    return undo(Error{"the next-hop group table is full"});
  }
  by_members_.emplace(members, *id);
  groups_.emplace(*id, std::move(group));
  return *id;
}

void NextHops::release(NextHopId id) {
  if (const auto group = groups_.find(id); group != groups_.end()) {
    if (--group->second.references == 0) {
      world_.next_hops().retire(id);
      by_members_.erase(group->second.members);
      const auto hops = std::move(group->second.hops);
      groups_.erase(group);
      for (const NextHopId hop : hops) {
        release(hop);
      }
    }
    return;
  }
  const auto hop = hops_.find(id);
  if (hop == hops_.end() || --hop->second.references > 0) {
    return;
  }
  unpublish(id);
  world_.next_hops().retire(id);
  world_.adjacencies().retire(hop->second.unresolved);
  by_key_.erase(hop->second.key);
  hops_.erase(hop);
}

Status NextHops::publish(NextHopId id, Mac mac) {
  Hop& hop = hops_.at(id);
  const auto adjacency = make_adjacency(AdjacencyKind::kUnicast);
  if (!adjacency) {
    return std::unexpected{adjacency.error()};
  }
  const PortView& port = world_.port(hop.key.port);
  Adjacency& entry = world_.adjacencies().at(*adjacency);
  entry.port = hop.key.port;
  entry.mtu = port.mtu;
  entry.next_hop = hop.key.address;
  entry.header = neigh::ethernet_header(mac, port.mac, kIpv4EtherType);
  const AdjacencyId old = hop.current;
  hop.current = *adjacency;
  world_.next_hops().set(id, *adjacency);
  if (old != hop.unresolved) {
    world_.adjacencies().retire(old);
  }
  return {};
}

void NextHops::unpublish(NextHopId id) {
  Hop& hop = hops_.at(id);
  if (hop.current == hop.unresolved) {
    return;
  }
  world_.next_hops().set(id, hop.unresolved);
  world_.adjacencies().retire(hop.current);
  hop.current = hop.unresolved;
}

void NextHops::report_use(NextHopId id, bool report) {
  const Hop& hop = hops_.at(id);
  world_.adjacencies().at(hop.current).report_use.store(report, std::memory_order_relaxed);
}

AdjacencyId NextHops::adjacency(NextHopId id) const { return hops_.at(id).current; }

}  // namespace ringroad::control
