// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Creates and releases next hops and adjacencies: which exist, what each resolves to, and what
// refers to them. Control thread only.
//
// A route names one next hop. A next hop may refer to others: a group to its members, a recursive
// next hop to the one through which its gateway is reached (BGP's next hops, RFC 4271 5.1.3).
// Readers do not follow recursive next hops: their slot holds what the target's slot holds. A
// change of a target is therefore one store for each recursive next hop that depends on it, and
// none for the routes: convergence does not depend on the number of prefixes.
#include <map>
#include <optional>
#include <set>
#include <type_traits>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "interface/world.hpp"
#include "neigh/table.hpp"

namespace ringroad::routing {

// A next hop of a group, and its weight.
struct GroupPath {
  NextHopId next_hop;
  std::uint32_t weight = 1;
  friend auto operator<=>(const GroupPath&, const GroupPath&) = default;
};

// The next hops whose neighbors and gateways have addresses of one family. Both families take their
// ids from the world's one table.
template <class Address>
class NextHops {
 public:
  using Key = neigh::Key<Address>;

  explicit NextHops(interface::World& world);

  // Returns a next hop that every router has: local, blackhole, ... It needs no reference.
  [[nodiscard]] NextHopId fixed(neigh::AdjacencyKind kind) const { return world_.fixed(kind); }
  // Returns the next hop for destinations that are on the port's link. It lives as long as the
  // port. The first call for a port fails if a table is full.
  [[nodiscard]] Result<NextHopId> glean(InterfaceId port);

  // Returns the next hop of a neighbor, resolved or not, with one more reference, which release()
  // gives back.
  [[nodiscard]] Result<NextHopId> acquire(Key key);

  // Returns the next hop of a gateway that is reached through a route; equal gateways share one.
  // Its packets are answered as unreachable until it has a target.
  [[nodiscard]] Result<NextHopId> acquire_recursive(Address gateway);
  // From now on the gateway is reached through `target`, which may be any next hop and gets one
  // more reference. Fails, and changes nothing, if this would close a loop or make the chain too
  // long.
  Status set_recursive(NextHopId id, NextHopId target);

  // Returns a group of next hops of any kind, each of which gets one more reference; equal groups
  // share one next hop. If `like` is a group, a new group starts with its assignment of flows, so
  // that the members of both keep their flows.
  using Path = GroupPath;
  using Paths = std::vector<Path>;
  [[nodiscard]] Result<NextHopId> acquire_group(Paths paths, std::optional<NextHopId> like = {});
  // Changes the members for every route that uses the group; as few flows as possible move.
  Status set_group(NextHopId id, Paths paths);
  // A neighbor in a group.
  struct Member {
    Key key;
    std::uint16_t weight;
  };
  [[nodiscard]] Result<NextHopId> acquire_group(const std::vector<Member>& members);

  // Gives back one reference. References of fixed next hops and gleans are not counted.
  void release(NextHopId id);

  // From now on routes of the borrower may lead to IPv6 neighbors and gateways of the lender (RFC
  // 8950): a borrowed next hop is the lender's own, whose adjacency both families' packets use.
  static void connect(NextHops<Ipv4>& borrower, NextHops<Ipv6>& lender);
  // Makes the lender's next hop one of this family too. Takes over a reference of the lender's, and
  // returns the next hop with one more reference here.
  NextHopId borrow(NextHopId id);
  // Whether the other family borrows any.
  [[nodiscard]] bool lends() const { return lent_ > 0; }

  // Whether publish() has room for this neighbor, even if the neighbor has no next hop yet.
  [[nodiscard]] bool has_room_for(Key key) const;
  // Makes readers send to this MAC from now on.
  Status publish(NextHopId id, Mac mac);
  // Makes readers punt packets for this neighbor again.
  void unpublish(NextHopId id);
  // The neighbor's MAC is known: workers hold its packets until publish() or unpublish().
  void hold(NextHopId id);
  [[nodiscard]] bool is_published(NextHopId id) const {
    const auto& neighbor = std::get<Neighbor>(nodes_.at(id).what);
    return neighbor.current != neighbor.unresolved;
  }
  void report_use(NextHopId id, bool report);
  [[nodiscard]] AdjacencyId adjacency(NextHopId id) const;

  // The port's MTU or MAC changed: all adjacencies of the port get the new value, the first ones at
  // once, the others in slices. If the adjacency table has no free entry for a new MAC, the work
  // waits for one.
  void renew(InterfaceId port);
  // Runs the next slice of this work, ~1 ms. Returns false if nothing is left to do.
  bool advance();

  // Groups give the neighbor's flows to their other members until publish(). Does nothing if the
  // neighbor has no next hop. Returns true if the neighbor was usable before.
  bool neighbor_failed(Key key);
  // The neighbor table removed this entry. If the neighbor has no next hop either, its failure is
  // forgotten; until then, a new route through the neighbor starts with a failed gateway.
  void forget(Key key);
  // The neighbors of a port without a link are unusable. Returns true if the state of the link
  // changed.
  bool set_link(InterfaceId port, bool up);
  // Marks the port's neighbors whose MAC is not known as failed, until publish(): at most `most`
  // neighbors, beginning after `after`. Returns the last neighbor that was examined if there may be
  // more.
  std::optional<Key> doubt_neighbors(InterfaceId port, std::optional<Key> after = {},
                                     std::size_t most = ~std::size_t{0});
  [[nodiscard]] bool has_link(InterfaceId port) const { return !without_link_.contains(port); }
  // Failed neighbors on ports with a link.
  [[nodiscard]] std::vector<Key> failed_neighbors() const;

  // Returns false if a packet would not arrive: the port has no link, or the neighbor did not
  // answer. A group is unusable if all its members are.
  [[nodiscard]] bool usable(NextHopId id) const;
  [[nodiscard]] bool usable(Key key) const;
  [[nodiscard]] std::optional<NextHopId> find(Key key) const;
  // Returns the next hop through which the gateway of a recursive next hop is reached.
  [[nodiscard]] NextHopId target(NextHopId id) const {
    return std::get<Recursive>(nodes_.at(id).what).target;
  }
  [[nodiscard]] std::uint32_t references(NextHopId id) const { return nodes_.at(id).references; }

 private:
  struct Fixed {};  // also gleans
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
  struct Borrowed {};  // the other family has the same id
  struct Node {
    std::variant<Fixed, Neighbor, Recursive, Group, Borrowed> what;
    std::uint32_t references = 0;         // includes those of dependants and of the borrower
    bool usable = true;                   // as last reported to the dependants and the borrower
    bool lent = false;                    // the other family borrows it
    std::multiset<NextHopId> dependants;  // recursive next hops and groups that refer to this one
  };

  // An adjacency on the port's link.
  [[nodiscard]] Result<AdjacencyId> make_adjacency(neigh::AdjacencyKind kind, InterfaceId port);
  Node& add(NextHopId id, decltype(Node::what) what);
  [[nodiscard]] Node& node(NextHopId id) { return nodes_.at(id); }
  [[nodiscard]] Neighbor& neighbor(NextHopId id) { return std::get<Neighbor>(node(id).what); }

  void forget_paths(NextHopId group, const Paths& paths);
  // Adds or removes a next hop that depends on `id`.
  void depend(NextHopId dependant, NextHopId id);
  void undepend(NextHopId dependant, NextHopId id);
  // Fails if `dependant` may not depend on `id`. `dependant` is empty for a next hop that does not
  // exist yet.
  [[nodiscard]] Status check_depth(std::optional<NextHopId> dependant, NextHopId id) const;
  [[nodiscard]] Status check(std::optional<NextHopId> group, const Paths& paths) const;
  // Returns the recursive next hops that resolve to this one, directly or indirectly.
  [[nodiscard]] std::vector<NextHopId> aliases_of(NextHopId id) const;
  // Makes the next hop and its aliases resolve to this adjacency.
  void point(NextHopId id, AdjacencyId adjacency);
  void set_usable(NextHopId id, bool usable);
  [[nodiscard]] bool usable(const Node& node) const;
  // Updates the dependants with whether this next hop is usable.
  void tell_usable(NextHopId id) { set_usable(id, usable(node(id))); }
  // Returns false if the adjacency table has no room for the new MAC.
  [[nodiscard]] bool renew(NextHopId id);
  [[nodiscard]] bool any_usable(const Paths& paths) const;
  // The next hops, of either family, that directly follow this one in a chain, and that it follows.
  [[nodiscard]] std::vector<NextHopId> below(NextHopId id) const;
  [[nodiscard]] std::vector<NextHopId> above(NextHopId id) const;
  // The borrower has the next hop from now on, or no longer.
  void lend(NextHopId id);
  void take_back(NextHopId id);
  [[nodiscard]] std::vector<fib::NextHopTable::Member> members_of(const Paths& paths) const;

  using Other = std::conditional_t<std::is_same_v<Address, Ipv4>, Ipv6, Ipv4>;
  friend class NextHops<Other>;

  interface::World& world_;
  NextHops<Other>* other_ = nullptr;  // the lender of IPv4, the borrower of IPv6
  std::size_t lent_ = 0;
  std::map<InterfaceId, NextHopId> gleans_;
  std::set<InterfaceId> without_link_;
  std::unordered_map<NextHopId, Node> nodes_;
  std::map<Key, NextHopId> by_key_;
  std::set<Key> failed_;       // includes neighbors that have no next hop any more
  std::set<Key> depended_;     // neighbors in by_key_ that have dependants or are lent
  std::vector<Key> renewals_;  // for each changed port, the next neighbor to renew
  std::map<Address, NextHopId> by_gateway_;
  std::map<Paths, NextHopId> by_paths_;
};

using NextHops4 = NextHops<Ipv4>;
using NextHops6 = NextHops<Ipv6>;

extern template class NextHops<Ipv4>;
extern template class NextHops<Ipv6>;

}  // namespace ringroad::routing
