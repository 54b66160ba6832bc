#pragma once
// The life of next hops and adjacencies: which exist, what each resolves to now, who still needs
// them. Control thread only.
//
// A route names one next hop; a next hop may name others: a group its members, a recursive one the
// next hop through which its gateway is reached (BGP's next hops, RFC 4271 5.1.3). Readers see none
// of that depth: a recursive next hop's slot holds what its target's holds. So a change below is
// one store for each recursive next hop above it, and none for the routes above those: convergence
// that does not depend on how many prefixes there are.
#include <array>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "control/world.hpp"
#include "neigh/table.hpp"

namespace ringroad::control {

class NextHops {
 public:
  explicit NextHops(World& world);

  // Those that every router has: local, blackhole, ... No reference needed.
  [[nodiscard]] NextHopId fixed(neigh::AdjacencyKind kind) const;
  // "The destination itself is on this port's link". Lives as long as the port.
  [[nodiscard]] NextHopId glean(PortId port);

  // The next hop of a neighbour, resolved or not; one reference more. Released by release().
  [[nodiscard]] Result<NextHopId> acquire(neigh::Key key);

  // The next hop of a gateway that is reached through a route; equal gateways are one. It answers
  // unreachable until it is given a target.
  [[nodiscard]] Result<NextHopId> acquire_recursive(Ipv4 gateway);
  // The gateway is reached through `target` from now on, any next hop, of which this takes a
  // reference of its own. Fails, and changes nothing, where that would be a loop, or too deep.
  Status set_recursive(NextHopId id, NextHopId target);

  // A group of next hops of any kind, of each of which it takes a reference of its own; equal
  // groups are one. A new one starts as `like`, if that is a group: what both have keeps its flows.
  struct Path {
    NextHopId next_hop;
    std::uint32_t weight = 1;
    friend auto operator<=>(const Path&, const Path&) = default;
  };
  using Paths = std::vector<Path>;
  [[nodiscard]] Result<NextHopId> acquire_group(Paths paths, std::optional<NextHopId> like = {});
  // For every route that names the group; the fewest flows move.
  Status set_group(NextHopId id, Paths paths);
  // A group of neighbours.
  struct Member {
    neigh::Key key;
    std::uint16_t weight;
  };
  [[nodiscard]] Result<NextHopId> acquire_group(const std::vector<Member>& members);

  // One reference less. Fixed and glean ones are not counted.
  void release(NextHopId id);

  // Readers send to this MAC from now on, and say so when they do if `report_use`.
  Status publish(NextHopId id, Mac mac);
  // Readers punt again.
  void unpublish(NextHopId id);
  void report_use(NextHopId id, bool report);
  [[nodiscard]] AdjacencyId adjacency(NextHopId id) const;

  // The port's MTU or MAC is another now: all that is sent by it takes it on. Fails where the
  // adjacency table has no room for a moment; those not yet changed keep the old MAC.
  void set_mtu(PortId port, std::uint16_t mtu);
  Status set_source_mac(PortId port);

  // Groups give the neighbour's share to their other members until publish(). Of a neighbour that
  // is no next hop, nothing. True where it was usable before.
  bool neighbor_failed(neigh::Key key);
  // The same for all neighbours on a port without a link. True where that is a change.
  bool set_link(PortId port, bool up);
  // Those on that port whose MAC is not known are taken for failed, until publish().
  void doubt_neighbors(PortId port);
  [[nodiscard]] bool has_link(PortId port) const { return !without_link_.contains(port); }
  // Failed neighbours on ports with a link.
  [[nodiscard]] std::vector<neigh::Key> failed_neighbors() const;

  // False: nobody answers, or nobody can. A neighbour that is no next hop is not known to fail.
  [[nodiscard]] bool usable(NextHopId id) const { return nodes_.at(id).usable; }
  [[nodiscard]] bool usable(neigh::Key key) const;
  [[nodiscard]] std::optional<NextHopId> find(neigh::Key key) const;
  // What the gateway of a recursive one is reached through.
  [[nodiscard]] NextHopId target(NextHopId id) const {
    return std::get<Recursive>(nodes_.at(id).what).target;
  }
  [[nodiscard]] std::uint32_t references(NextHopId id) const { return nodes_.at(id).references; }

 private:
  struct Fixed {};  // and gleans
  struct Neighbor {
    neigh::Key key;
    AdjacencyId unresolved;
    AdjacencyId current;
  };
  struct Recursive {
    Ipv4 gateway;
    NextHopId target;
  };
  struct Group {
    Paths paths;
  };
  struct Node {
    std::variant<Fixed, Neighbor, Recursive, Group> what;
    std::uint32_t references = 0;         // dependants included
    bool usable = true;                   // groups send flows to it
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
  [[nodiscard]] bool any_usable(const Paths& paths) const;
  [[nodiscard]] std::vector<fib::NextHopTable::Member> members_of(const Paths& paths) const;

  World& world_;
  std::array<NextHopId, 11> fixed_{};
  std::map<PortId, NextHopId> gleans_;
  std::set<PortId> without_link_;
  std::unordered_map<NextHopId, Node> nodes_;
  std::map<neigh::Key, NextHopId> by_key_;
  std::set<neigh::Key> failed_;  // of those
  std::map<Ipv4, NextHopId> by_gateway_;
  std::map<Paths, NextHopId> by_paths_;
};

}  // namespace ringroad::control
