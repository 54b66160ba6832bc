// SPDX-License-Identifier: BSD-3-Clause
#include "routing/next_hops.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace ringroad::routing {
namespace {

using neigh::Adjacency;
using neigh::AdjacencyKind;

// The longest allowed chain of next hops, groups included, so that no lookup passes more groups
// than it may. BGP over BGP over an IGP, each with several paths, needs 6.
constexpr unsigned kDepthMax = fib::kGroupNestingMax;

// Merges equal next hops and sorts the rest, so that groups with the same next hops and weights are
// equal.
std::vector<GroupPath> normal(std::vector<GroupPath> paths) {
  std::ranges::sort(paths);
  std::vector<GroupPath> merged;
  for (const GroupPath& path : paths) {
    if (merged.empty() || merged.back().next_hop != path.next_hop) {
      merged.push_back(path);
    } else {
      merged.back().weight += path.weight;
    }
  }
  return merged;
}

// Returns the number of next hops on the longest chain that begins at `id`. `next` lists the next
// hops that directly follow one in the chain. `known` caches the results.
template <class Next>
unsigned longest_way(NextHopId id, const Next& next,
                     std::unordered_map<NextHopId, unsigned>& known) {
  if (const auto found = known.find(id); found != known.end()) {
    return found->second;
  }
  unsigned longest = 0;
  for (const NextHopId after : next(id)) {
    longest = std::max(longest, longest_way(after, next, known));
  }
  return known[id] = longest + 1;
}

}  // namespace

template <class Address>
NextHops<Address>::NextHops(interface::World& world) : world_{world} {
  nodes_.reserve(world_.adjacencies().capacity());  // rehashing would take milliseconds
  for (const AdjacencyKind kind : interface::World::kFixedKinds) {
    // A gateway that no route reaches is unusable. A gateway that a blackhole route covers is
    // usable, because its packets are dropped intentionally (RFC 7999).
    add(fixed(kind), Fixed{}).usable =
        kind != AdjacencyKind::kNoRoute && kind != AdjacencyKind::kUnreachable;
  }
}

template <class Address>
Result<AdjacencyId> NextHops<Address>::make_adjacency(AdjacencyKind kind, InterfaceId port) {
  const auto id = world_.adjacencies().allocate();
  if (!id) {
    return fail("the adjacency table is full; raise arp.gc_thresh and restart");
  }
  Adjacency& entry = world_.adjacencies().at(*id);
  entry.kind = kind;
  entry.port = port;
  entry.egress = world_.port(port).egress;
  entry.mtu = world_.port(port).template mtu_of<Address>();
  return *id;
}

template <class Address>
typename NextHops<Address>::Node& NextHops<Address>::add(NextHopId id, decltype(Node::what) what) {
  return nodes_.emplace(id, Node{std::move(what), 1, true, false, {}}).first->second;
}

template <class Address>
Result<NextHopId> NextHops<Address>::glean(InterfaceId port) {
  if (const auto found = gleans_.find(port); found != gleans_.end()) {
    return found->second;
  }
  const auto adjacency = make_adjacency(AdjacencyKind::kGlean, port);
  if (!adjacency) {
    return std::unexpected{adjacency.error()};
  }
  const auto id = world_.next_hops().allocate(*adjacency);
  if (!id) {
    world_.adjacencies().retire(*adjacency);
    return fail("the next-hop table is full");
  }
  gleans_.emplace(port, *id);
  add(*id, Fixed{});
  return *id;
}

template <class Address>
Result<NextHopId> NextHops<Address>::acquire(Key key) {
  if (const auto found = by_key_.find(key); found != by_key_.end()) {
    ++node(found->second).references;
    return found->second;
  }
  const auto adjacency = make_adjacency(AdjacencyKind::kUnresolved, key.port);
  if (!adjacency) {
    return std::unexpected{adjacency.error()};
  }
  world_.adjacencies().at(*adjacency).set_next_hop(key.address);
  const auto id = world_.next_hops().allocate(*adjacency);
  if (!id) {
    world_.adjacencies().retire(*adjacency);
    return fail("the next-hop table is full");
  }
  by_key_.emplace(key, *id);
  add(*id, Neighbor{key, *adjacency, *adjacency});
  return *id;
}

template <class Address>
Result<NextHopId> NextHops<Address>::acquire_recursive(Address gateway) {
  if (const auto found = by_gateway_.find(gateway); found != by_gateway_.end()) {
    ++node(found->second).references;
    return found->second;
  }
  const NextHopId unreachable = fixed(AdjacencyKind::kUnreachable);
  const auto id = world_.next_hops().allocate_alias(unreachable);
  if (!id) {
    return fail("the next-hop table is full");
  }
  by_gateway_.emplace(gateway, *id);
  add(*id, Recursive{gateway, unreachable}).usable = false;
  depend(*id, unreachable);
  return *id;
}

template <class Address>
Status NextHops<Address>::set_recursive(NextHopId id, NextHopId target) {
  auto& recursive = std::get<Recursive>(node(id).what);
  if (recursive.target == target) {
    return {};
  }
  if (Status status = check_depth(id, target); !status) {
    return fail(fmt::format("gateway {}: {}", recursive.gateway.to_string(), status.error().what));
  }
  depend(id, target);
  const NextHopId old = std::exchange(recursive.target, target);
  world_.next_hops().set_alias(id, target);
  for (const NextHopId alias : aliases_of(id)) {
    world_.next_hops().set_alias(alias, target);
  }
  set_usable(id, usable(target));
  undepend(id, old);
  return {};
}

template <class Address>
Result<NextHopId> NextHops<Address>::acquire_group(Paths paths, std::optional<NextHopId> like) {
  paths = normal(std::move(paths));
  if (const auto found = by_paths_.find(paths); found != by_paths_.end()) {
    ++node(found->second).references;
    return found->second;
  }
  if (const Status status = check(std::nullopt, paths); !status) {
    return std::unexpected{status.error()};
  }
  const auto id = world_.next_hops().allocate_group(members_of(paths), like);
  if (!id) {
    return fail("the next-hop group table is full");
  }
  by_paths_.emplace(paths, *id);
  add(*id, Group{paths}).usable = any_usable(paths);
  for (const Path& path : paths) {
    depend(*id, path.next_hop);
  }
  return *id;
}

template <class Address>
Result<NextHopId> NextHops<Address>::acquire_group(const std::vector<Member>& members) {
  Paths paths;
  Result<NextHopId> id;
  for (const Member& member : members) {
    id = acquire(member.key);
    if (!id) {
      break;
    }
    paths.push_back({*id, member.weight});
  }
  if (id) {
    id = acquire_group(paths);
  }
  // The group holds references of its own now.
  for (const Path& path : paths) {
    release(path.next_hop);
  }
  return id;
}

template <class Address>
Status NextHops<Address>::set_group(NextHopId id, Paths paths) {
  paths = normal(std::move(paths));
  auto& group = std::get<Group>(node(id).what);
  if (Status status = check(id, paths); !status) {
    return status;
  }
  for (const Path& path : paths) {
    depend(id, path.next_hop);
  }
  world_.next_hops().set_members(id, members_of(paths), aliases_of(id));
  forget_paths(id, group.paths);
  by_paths_.try_emplace(paths, id);
  const Paths old = std::exchange(group.paths, std::move(paths));
  set_usable(id, any_usable(group.paths));
  for (const Path& path : old) {
    undepend(id, path.next_hop);
  }
  return {};
}

template <class Address>
void NextHops<Address>::release(NextHopId id) {
  const auto found = nodes_.find(id);
  if (found == nodes_.end() || std::holds_alternative<Fixed>(found->second.what) ||
      --found->second.references > 0) {
    return;
  }
  const Node gone = std::move(found->second);
  nodes_.erase(found);
  if (std::holds_alternative<Borrowed>(gone.what)) {
    other_->take_back(id);
    return;
  }
  if (const auto* const neighbor = std::get_if<Neighbor>(&gone.what)) {
    by_key_.erase(neighbor->key);
    world_.adjacencies().retire(neighbor->unresolved);
    if (neighbor->current != neighbor->unresolved) {
      world_.adjacencies().retire(neighbor->current);
    }
  } else if (const auto* const recursive = std::get_if<Recursive>(&gone.what)) {
    by_gateway_.erase(recursive->gateway);
    undepend(id, recursive->target);
  } else if (const auto* const group = std::get_if<Group>(&gone.what)) {
    forget_paths(id, group->paths);
    for (const Path& path : group->paths) {
      undepend(id, path.next_hop);
    }
  }
  world_.next_hops().retire(id);
}

template <class Address>
void NextHops<Address>::forget_paths(NextHopId group, const Paths& paths) {
  if (const auto known = by_paths_.find(paths);
      known != by_paths_.end() && known->second == group) {
    by_paths_.erase(known);
  }
}

template <class Address>
void NextHops<Address>::depend(NextHopId dependant, NextHopId id) {
  Node& below = node(id);
  if (const auto* const neighbor = std::get_if<Neighbor>(&below.what);
      neighbor != nullptr && below.dependants.empty() && !below.lent) {
    depended_.insert(neighbor->key);
    below.usable = usable(below);
  }
  below.dependants.insert(dependant);
  ++below.references;
}

template <class Address>
void NextHops<Address>::undepend(NextHopId dependant, NextHopId id) {
  auto& dependants = node(id).dependants;
  dependants.erase(dependants.find(dependant));
  if (const auto* const neighbor = std::get_if<Neighbor>(&node(id).what);
      neighbor != nullptr && dependants.empty() && !node(id).lent) {
    depended_.erase(neighbor->key);
  }
  release(id);
}

template <class Address>
Status NextHops<Address>::check_depth(std::optional<NextHopId> dependant, NextHopId id) const {
  const auto below = [this](NextHopId of) { return this->below(of); };
  const auto above = [this](NextHopId of) { return this->above(of); };
  std::unordered_map<NextHopId, unsigned> known_below;
  std::unordered_map<NextHopId, unsigned> known_above;
  const unsigned depth = longest_way(id, below, known_below) +
                         (dependant ? longest_way(*dependant, above, known_above) : 1);
  if (dependant && known_below.contains(*dependant)) {
    return fail("it is reached through itself");
  }
  if (depth > kDepthMax) {
    return fail(
        fmt::format("it is reached through {} next hops, one behind the other; {} is the most",
                    depth, kDepthMax));
  }
  return {};
}

template <class Address>
Status NextHops<Address>::check(std::optional<NextHopId> group, const Paths& paths) const {
  if (paths.empty() || paths.size() > fib::kGroupMembersMax) {
    return fail(fmt::format("a group of {} next hops; it takes 1..{}", paths.size(),
                            fib::kGroupMembersMax));
  }
  for (const Path& path : paths) {
    if (Status status = check_depth(group, path.next_hop); !status) {
      return status;
    }
  }
  return {};
}

template <class Address>
std::vector<NextHopId> NextHops<Address>::aliases_of(NextHopId id) const {
  std::vector<NextHopId> aliases;
  std::vector<NextHopId> todo{id};
  while (!todo.empty()) {
    const NextHopId next = todo.back();
    todo.pop_back();
    if (nodes_.at(next).lent) {
      const std::vector<NextHopId> borrowed = other_->aliases_of(next);
      aliases.insert(aliases.end(), borrowed.begin(), borrowed.end());
    }
    for (const NextHopId dependant : nodes_.at(next).dependants) {
      if (std::holds_alternative<Recursive>(nodes_.at(dependant).what)) {
        aliases.push_back(dependant);
        todo.push_back(dependant);
      }
    }
  }
  return aliases;
}

template <class Address>
std::vector<fib::NextHopTable::Member> NextHops<Address>::members_of(const Paths& paths) const {
  std::vector<fib::NextHopTable::Member> members;
  members.reserve(paths.size());
  for (const Path& path : paths) {
    members.push_back({path.next_hop, path.weight, usable(path.next_hop)});
  }
  return members;
}

template <class Address>
bool NextHops<Address>::any_usable(const Paths& paths) const {
  return std::ranges::any_of(paths, [&](const Path& path) { return usable(path.next_hop); });
}

template <class Address>
bool NextHops<Address>::usable(const Node& node) const {
  const auto* const neighbor = std::get_if<Neighbor>(&node.what);
  return neighbor == nullptr ? node.usable : usable(neighbor->key);
}

template <class Address>
bool NextHops<Address>::usable(NextHopId id) const {
  return usable(nodes_.at(id));
}

template <class Address>
void NextHops<Address>::set_usable(NextHopId id, bool usable) {
  if (std::exchange(node(id).usable, usable) == usable) {
    return;
  }
  if (node(id).lent) {
    other_->set_usable(id, usable);
  }
  for (const NextHopId dependant : node(id).dependants) {
    if (const auto* const group = std::get_if<Group>(&node(dependant).what)) {
      world_.next_hops().set_usable(dependant, id, usable);
      set_usable(dependant, any_usable(group->paths));
    } else {
      set_usable(dependant, usable);
    }
  }
}

template <class Address>
void NextHops<Address>::point(NextHopId id, AdjacencyId adjacency) {
  world_.next_hops().set(id, adjacency);
  for (const NextHopId alias : aliases_of(id)) {
    world_.next_hops().set(alias, adjacency);
  }
}

template class NextHops<Ipv4>;
template class NextHops<Ipv6>;

}  // namespace ringroad::routing
