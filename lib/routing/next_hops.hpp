// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The life of next hops and adjacencies: which exist, what each resolves to now, who still needs
// them. Control thread only.
//
// A route names one next hop; a next hop may name others: a group its members, a recursive one the
// next hop through which its gateway is reached (BGP's next hops, RFC 4271 5.1.3). Readers see none
// of that depth: a recursive next hop's slot holds what its target's holds. So a change below is
// one store for each recursive next hop above it, and none for the routes above those: convergence
// that does not depend on how many prefixes there are.
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "interface/world.hpp"
#include "neigh/table.hpp"

namespace ringroad::routing {

// A next hop of a group, and its share.
struct GroupPath {
  NextHopId next_hop;
  std::uint32_t weight = 1;
  friend auto operator<=>(const GroupPath&, const GroupPath&) = default;
};

// Those whose neighbors and gateways have addresses of one family. Their ids are from the world's
// one table, as both families' are.
template <class Address>
class NextHops {
 public:
  using Key = neigh::Key<Address>;

  explicit NextHops(interface::World& world);

  // Those that every router has: local, blackhole, ... No reference needed.
  [[nodiscard]] NextHopId fixed(neigh::AdjacencyKind kind) const { return world_.fixed(kind); }
  // "The destination itself is on this port's link". Lives as long as the port; the first call for
  // a port may find the tables full.
  [[nodiscard]] Result<NextHopId> glean(InterfaceId port);

  // The next hop of a neighbor, resolved or not; one reference more. Released by release().
  [[nodiscard]] Result<NextHopId> acquire(Key key);

  // The next hop of a gateway that is reached through a route; equal gateways are one. It answers
  // unreachable until it is given a target.
  [[nodiscard]] Result<NextHopId> acquire_recursive(Address gateway);
  // The gateway is reached through `target` from now on, any next hop, of which this takes a
  // reference of its own. Fails, and changes nothing, where that would be a loop, or too deep.
  Status set_recursive(NextHopId id, NextHopId target);

  // A group of next hops of any kind, of each of which it takes a reference of its own; equal
  // groups are one. A new one starts as `like`, if that is a group: what both have keeps its flows.
  using Path = GroupPath;
  using Paths = std::vector<Path>;
  [[nodiscard]] Result<NextHopId> acquire_group(Paths paths, std::optional<NextHopId> like = {});
  // For every route that names the group; the fewest flows move.
  Status set_group(NextHopId id, Paths paths);
  // A group of neighbors.
  struct Member {
    Key key;
    std::uint16_t weight;
  };
  [[nodiscard]] Result<NextHopId> acquire_group(const std::vector<Member>& members);

  // One reference less. Fixed and glean ones are not counted.
  void release(NextHopId id);

  // Whether there is room for that neighbor's MAC to be published, where it is no next hop yet too.
  [[nodiscard]] bool has_room_for(Key key) const;
  // Readers send to this MAC from now on, and say so when they do if `report_use`.
  Status publish(NextHopId id, Mac mac);
  // Readers punt again.
  void unpublish(NextHopId id);
  // Until publish() or unpublish() workers keep packets for that neighbor, whose MAC is known.
  void hold(NextHopId id);
  [[nodiscard]] bool is_published(NextHopId id) const {
    const auto& neighbor = std::get<Neighbor>(nodes_.at(id).what);
    return neighbor.current != neighbor.unresolved;
  }
  void report_use(NextHopId id, bool report);
  [[nodiscard]] AdjacencyId adjacency(NextHopId id) const;

  // The port's MTU or MAC is another now: all that is sent by it takes it on, the first neighbors
  // at once, the others slice by slice. A new MAC waits where the adjacency table has no room for a
  // moment.
  void renew(InterfaceId port);
  // The next slice of that, ~1 ms. False where nothing is left to do.
  bool advance();

  // Groups give the neighbor's share to their other members until publish(). Of a neighbor that
  // is no next hop, nothing. True where it was usable before.
  bool neighbor_failed(Key key);
  // The neighbor table has no such entry any more: where it is no next hop either, that it failed
  // is history. Until then a route that comes again is by a gateway that failed.
  void forget(Key key);
  // The same for all neighbors on a port without a link. True where that is a change.
  bool set_link(InterfaceId port, bool up);
  // Those on that port whose MAC is not known are taken for failed, until publish(): at most so
  // many of those behind `after`. The last of them, where there may be more.
  std::optional<Key> doubt_neighbors(InterfaceId port, std::optional<Key> after = {},
                                     std::size_t most = ~std::size_t{0});
  [[nodiscard]] bool has_link(InterfaceId port) const { return !without_link_.contains(port); }
  // Failed neighbors on ports with a link.
  [[nodiscard]] std::vector<Key> failed_neighbors() const;

  // False where a packet would not arrive: the port has no link, or the neighbor did not answer; of
  // a group, where that is so of each member.
  [[nodiscard]] bool usable(NextHopId id) const;
  [[nodiscard]] bool usable(Key key) const;
  [[nodiscard]] std::optional<NextHopId> find(Key key) const;
  // What the gateway of a recursive one is reached through.
  [[nodiscard]] NextHopId target(NextHopId id) const {
    return std::get<Recursive>(nodes_.at(id).what).target;
  }
  [[nodiscard]] std::uint32_t references(NextHopId id) const { return nodes_.at(id).references; }

 private:
  struct Fixed {};  // and gleans
  struct Neighbor {
    Key key;
    AdjacencyId unresolved;
    AdjacencyId current;
  };
  struct Recursive {
    Address gateway;
    NextHopId target;
  };
  struct Group {
    Paths paths;
  };
  struct Node {
    std::variant<Fixed, Neighbor, Recursive, Group> what;
    std::uint32_t references = 0;         // dependants included
    bool usable = true;                   // as its dependants know it
    std::multiset<NextHopId> dependants;  // recursive ones whose target it is, groups it is in
  };

  [[nodiscard]] Result<AdjacencyId> make_adjacency(neigh::AdjacencyKind kind);
  Node& add(NextHopId id, decltype(Node::what) what);
  [[nodiscard]] Node& node(NextHopId id) { return nodes_.at(id); }
  [[nodiscard]] Neighbor& neighbor(NextHopId id) { return std::get<Neighbor>(node(id).what); }

  void forget_paths(NextHopId group, const Paths& paths);
  // One more or one less of those that depend on `id`.
  void depend(NextHopId dependant, NextHopId id);
  void undepend(NextHopId dependant, NextHopId id);
  // Fails where `dependant` may not depend on `id`; `dependant` may be none yet.
  [[nodiscard]] Status check_depth(std::optional<NextHopId> dependant, NextHopId id) const;
  [[nodiscard]] Status check(std::optional<NextHopId> group, const Paths& paths) const;
  // The recursive next hops that stand for it, however indirectly.
  [[nodiscard]] std::vector<NextHopId> aliases_of(NextHopId id) const;
  // It and all its aliases resolve to that from now on.
  void point(NextHopId id, AdjacencyId adjacency);
  void set_usable(NextHopId id, bool usable);
  [[nodiscard]] bool usable(const Node& node) const;
  // Its dependants learn whether it is usable now.
  void tell_usable(NextHopId id) { set_usable(id, usable(node(id))); }
  // False where there is no room for its new MAC.
  [[nodiscard]] bool renew(NextHopId id);
  [[nodiscard]] bool any_usable(const Paths& paths) const;
  [[nodiscard]] std::vector<fib::NextHopTable::Member> members_of(const Paths& paths) const;

  interface::World& world_;
  std::map<InterfaceId, NextHopId> gleans_;
  std::set<InterfaceId> without_link_;
  std::unordered_map<NextHopId, Node> nodes_;
  std::map<Key, NextHopId> by_key_;
  std::set<Key> failed_;       // of those, and of those that no route names any more
  std::set<Key> depended_;     // of those in by_key_: on which others depend
  std::vector<Key> renewals_;  // of each port that changed, the next to be renewed
  std::map<Address, NextHopId> by_gateway_;
  std::map<Paths, NextHopId> by_paths_;
};

using NextHops4 = NextHops<Ipv4>;
using NextHops6 = NextHops<Ipv6>;

extern template class NextHops<Ipv4>;
extern template class NextHops<Ipv6>;

}  // namespace ringroad::routing
