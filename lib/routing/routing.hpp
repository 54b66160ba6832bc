// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Keeps the trie of one family consistent with its RIB: the trie stores the next hop of each
// prefix's best route, and a host route for each resolved neighbor on a connected subnet, so that
// forwarding to the neighbor touches no hash table. Control thread only.
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "fib/rib.hpp"
#include "interface/world.hpp"
#include "routing/connected.hpp"
#include "routing/gateways.hpp"
#include "routing/next_hops.hpp"

namespace ringroad::routing {

// How a request treats an existing route with the same prefix, table and metric.
enum class RouteMode : std::uint8_t {
  kConfigured,  // like kAdd, but a connected subnet may exist, as for networkd
  kAdd,         // refused if there is such a route, like `ip route add`
  kReplace,     // replaces such a route, like `ip route replace`
  kChange,      // the same, but refused if there is none
  kAppend,      // adds a next hop to such a route, like `ip -6 route append`
};

// The next hop of an IPv4 route with an IPv6 gateway, as a route of IPv6 has it.
[[nodiscard]] fib::RouteNextHop<Ipv6> foreign(const fib::RouteNextHop<Ipv4>& hop);

template <class Address>
class Routing {
 public:
  using Rib = fib::Rib<Address>;
  using View = fib::RouteView<Address>;
  using Path = fib::Path<Address>;
  using Prefix = ringroad::Prefix<Address>;
  using Key = neigh::Key<Address>;

  Routing(interface::World& world, NextHops<Address>& next_hops);
  // From now on routes of IPv4 may have IPv6 gateways (RFC 8950). Connects their next hops, too.
  static void connect(Routing<Ipv4>& ipv4, Routing<Ipv6>& ipv6);

  // Adds the routes that no configuration changes: to martian, multicast and broadcast
  // destinations.
  void add_fixed_routes();
  // Makes table local and the connected subnets match the ports' current addresses, in one step.
  // Fails, and changes nothing, if a table has no room.
  Status sync_connected();
  // Ranks the routes of ports that share a subnet as a start does that adds the ports in this
  // order. Takes effect with the next sync_connected(). Returns the order until now, for
  // set_order().
  using Order = typename Connected<Address>::Order;
  Order rank_as_at_start(const std::vector<InterfaceId>& in_order) {
    const Order before = connected_.order();
    connected_.rank_as_at_start(world_, in_order);
    return before;
  }
  void set_order(const Order& order) { connected_.set_order(order); }

  // One next hop of a request. If no port is given, it is found from the connected subnets; a
  // gateway on none of them is recursive, reached through the route that covers it at the time.
  // Without an address, the destinations themselves are on the port's link. `on_link` means that
  // the gateway is on the port's link although no subnet covers it.
  struct Via {
    std::optional<GatewayOf<Address>> address;
    std::uint16_t weight = 1;
    std::optional<InterfaceId> port = std::nullopt;
    bool on_link = false;
    bool recursive = false;  // accepted even if no route leads to the gateway now
  };
  struct Request {
    Prefix prefix;
    RouteType type = RouteType::kUnicast;
    std::vector<Via> vias;
    std::uint32_t metric = 0;
    fib::Table table = fib::Table::kMain;
    std::optional<Address> source = std::nullopt;
    fib::Protocol protocol = fib::Protocol::kStatic;
  };
  using Mode = RouteMode;
  // The route before and after the request, if it existed. A request is carried out as a whole or
  // not at all.
  struct Outcome {
    std::optional<Path> before;
    std::optional<Path> now;
  };
  Result<Outcome> set(const Request& request, Mode mode);
  Status add(const Request& request);

  // Selects a route of one protocol. If `vias` is not empty, only these next hops are removed from
  // the route, and the route is removed with its last next hop, like `ip -6 route del`. An empty
  // field matches every route.
  struct Selection {
    Prefix prefix;
    std::optional<fib::Table> table;  // if empty, the tables used for forwarding
    std::optional<std::uint32_t> metric = std::nullopt;
    std::optional<RouteType> type = std::nullopt;
    std::optional<Address> source = std::nullopt;
    std::vector<Via> vias = {};
    fib::Protocol protocol = fib::Protocol::kStatic;
  };
  struct Removal {
    fib::Table table;
    std::uint32_t metric;
    Outcome outcome;
  };
  // Connected routes are added and removed with their addresses.
  Result<Removal> remove(const Selection& selection);
  Result<fib::Route<Address>> erase(const fib::RouteSelector<Address>& selector);

  // Sets or removes static routes as the edits say: all of them or none. `before` has the routes'
  // present paths, null where there is none.
  using Edit = fib::RouteEdit<Address>;
  Status commit(std::span<const Edit> edits, std::span<const Path* const> before);

  // Returns the port of a gateway that is on a connected subnet.
  [[nodiscard]] std::optional<InterfaceId> port_of(Address gateway) const;

  // For many routes through the same few gateways: the path of each gateway, then batches of
  // routes.
  [[nodiscard]] Result<Path> path_via(Address gateway, bool recursive = false) const;
  Status add(const fib::RouteBatch<Address>& batch);
  Status erase(const fib::RouteBatch<Address>& batch);
  // Fails for table local, which only the router itself changes.
  [[nodiscard]] static Status check_table(fib::Table table);

  // A port without a link is not used: its subnet and the gateways on it are dead, as with Linux's
  // ignore_routes_with_linkdown. Routes to the router's own addresses stay.
  void set_link(InterfaceId port, bool up);

  // Whether a static route uses the port independently of the port's subnets, so that the port is
  // useful even without an address.
  [[nodiscard]] bool binds(InterfaceId port) const;
  // Whether `is` returns true for the gateway of some route.
  [[nodiscard]] bool has_gateway(const std::function<bool(Address)>& is) const;
  // Returns the preferred source of the route that the router's own packets to this address take:
  // Linux's fib_prefsrc.
  [[nodiscard]] std::optional<Address> preferred_source(Address destination) const;

  // Changes of a neighbor: resolved() publishes its MAC, unresolved() withdraws it, and removed()
  // means that the neighbor table has no such entry any more.
  [[nodiscard]] bool has_room_for(Key key) const { return next_hops_.has_room_for(key); }
  Status resolved(Key key, Mac mac);
  void unresolved(Key key);
  // The neighbor's MAC is known, and packets that waited for it are being sent. Workers hold new
  // packets for the neighbor until resolved() or unresolved().
  Status hold(Key key);
  // Whether workers send to the neighbor without the control thread.
  [[nodiscard]] bool is_published(Key key) const;
  void removed(Key key);
  // The port's MTU or MAC changed.
  void renew(InterfaceId port) { next_hops_.renew(port); }
  // The neighbor did not answer: other routes of a prefix are preferred to those through this
  // gateway.
  void failed(Key key);
  // Treats neighbors of a port that lost its link as failed until they answer: when the link is
  // back, routes through a gateway are used again only after the gateway's first answer, so that no
  // packet waits for it.
  std::optional<Key> doubt_neighbors(InterfaceId port, std::optional<Key> after, std::size_t most) {
    return next_hops_.doubt_neighbors(port, after, most);
  }
  // Whether a route refers to the neighbor as its gateway.
  [[nodiscard]] bool is_gateway(Key key) const;
  // Returns the gateways that did not answer. The caller must solicit them, because no packet does
  // while other routes are used.
  [[nodiscard]] std::vector<Key> failed_gateways() const;
  // Sets whether workers report when they use the neighbor. Does nothing if the neighbor is not
  // resolved.
  void report_use(Key key, bool report);
  // Returns the adjacency that readers use now; nothing for a neighbor that was never resolved.
  [[nodiscard]] std::optional<AdjacencyId> adjacency(Key key) const;

  // Runs the next slice, ~3 ms at most, of changes that concern very many routes or neighbors. The
  // calls above run the first slice themselves. Returns false if nothing is left to do.
  bool advance();

  // Returns the adjacency that a worker would use for a packet of this flow.
  [[nodiscard]] const neigh::Adjacency& resolve(Address destination, std::uint32_t flow) const;
  // Returns the adjacency of the longest prefix that leads to the address by a gateway on this
  // port, or null.
  [[nodiscard]] const neigh::Adjacency* resolve_by(InterfaceId port, Address destination) const;
  [[nodiscard]] const Rib& rib() const { return rib_; }
  [[nodiscard]] const Gateways<Address>& gateways() const { return gateways_; }
  [[nodiscard]] const NextHops<Address>& next_hops() const { return next_hops_; }
  // Returns the next hop of a gateway that a route names.
  [[nodiscard]] NextHopId next_hop_id(const fib::RouteNextHop<Address>& hop) const;
  // The routing of the other family; that of IPv4 finds there what IPv6 gateways of its routes
  // need.
  using Other = std::conditional_t<std::is_same_v<Address, Ipv4>, Ipv6, Ipv4>;
  [[nodiscard]] const Routing<Other>& other() const { return *other_; }
  // The number of changes of the trie's prefixes since the start.
  [[nodiscard]] std::uint64_t trie_changes() const { return trie_changes_; }

 private:
  struct Neighbor {
    NextHopId next_hop;
    bool resolved = false;
    bool host_route = false;
  };

  [[nodiscard]] Result<Neighbor*> neighbor_of(Key key);
  // Reports the prefixes of a commit's edits or entries to the gateways.
  void tell_gateways(const auto& changes) {
    for (const auto& change : changes) {
      gateways_.changed(change.prefix);
    }
  }
  void best_changed(std::span<const fib::RouteChange<Address>> changes);
  [[nodiscard]] Status check(const Request& request) const;
  [[nodiscard]] Result<Path> path_of(const Request& request) const;
  [[nodiscard]] Result<Path> appended(const Path& path, const Request& request) const;
  // Sets the path of the static route, or removes the route if the edit has no path. `before` is
  // its path until now.
  Status put(const fib::RouteEdit<Address>& edit, const Path* before);
  [[nodiscard]] std::optional<View> find(const Selection& selection) const;
  // Whether the destinations themselves are on a port's link.
  [[nodiscard]] static bool is_on_link(const Path& path);
  [[nodiscard]] Result<NextHopId> next_hop_of(const Path& path);
  [[nodiscard]] Result<NextHopId> next_hop_of(const fib::RouteNextHop<Address>& hop);
  [[nodiscard]] fib::Usability usability(const Path& path) const;
  // Whether the port of a next hop has a link, and whether its gateway answers.
  [[nodiscard]] bool has_link(const fib::RouteNextHop<Address>& hop) const;
  [[nodiscard]] bool answers(const fib::RouteNextHop<Address>& hop) const;
  // Called when next hops became usable or unusable: chooses routes anew.
  void reconsider();
  // The same when a link or gateway was lost or found. At the end, the log says how many prefixes
  // are reached in another way.
  void fail_over();
  void begin_failover();
  void report_failover();
  // Marks the neighbors of this prefix: their host routes may have to be added or removed.
  void refresh_later(Prefix prefix);
  // Updates at most `most` marked host routes. Returns true if any were marked.
  bool refresh_hosts(std::size_t most);
  // Returns the connected subnet, longer than `prefix`, that decides whether this neighbor has a
  // host route.
  [[nodiscard]] std::optional<Prefix> decided_by(Address address, Prefix prefix) const;
  // Called after every change of the RIB: first updates the gateways, then the routes through them.
  void settle();
  // Returns the neighbor whose host route for this address is in the trie.
  [[nodiscard]] Neighbor* host_route_of(Address address);
  void refresh_host_routes(Address address);
  void refresh_host_route(Key key, Neighbor& neighbor);
  // Returns how a gateway is reached, or why the request is refused.
  [[nodiscard]] Result<fib::RouteNextHop<Address>> hop_to(const Via& via) const;
  [[nodiscard]] Status check_on(InterfaceId port, Address gateway) const;

  friend class Routing<Other>;

  interface::World& world_;
  NextHops<Address>& next_hops_;
  Routing<Other>* other_ = nullptr;
  Rib rib_;
  Gateways<Address> gateways_;
  Connected<Address> connected_;
  // The group from which the next new group takes over the assignment of flows.
  std::optional<NextHopId> like_;
  std::uint64_t trie_changes_ = 0;
  // The number of changes when a link or gateway was lost or found, until what follows is done.
  std::optional<std::uint64_t> failover_from_;
  // Sorted by address, so that the neighbors inside a changed prefix are found.
  std::map<std::pair<Address, InterfaceId>, Neighbor> neighbors_;
  // The prefixes of marked neighbors, and for each the address to continue from.
  std::deque<std::pair<Prefix, Address>> stale_hosts_;
};

using Routing4 = Routing<Ipv4>;
using Routing6 = Routing<Ipv6>;

extern template class Routing<Ipv4>;
extern template class Routing<Ipv6>;

}  // namespace ringroad::routing
