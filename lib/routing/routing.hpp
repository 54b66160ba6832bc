// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Keeps the trie of one family true to its RIB: each prefix's best route becomes a next hop, each
// resolved neighbor on a connected subnet a host route of its own, so that forwarding to it touches
// no hash table. Control thread only.
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "fib/rib.hpp"
#include "interface/world.hpp"
#include "routing/connected.hpp"
#include "routing/gateways.hpp"
#include "routing/next_hops.hpp"

namespace ringroad::routing {

// How a request meets the routes that are there.
enum class RouteMode : std::uint8_t {
  kConfigured,  // as networkd adds what a file asks for: a connected subnet may be there too
  kAdd,         // refused where there is such a route, as `ip route add`
  kReplace,     // takes the place of such a route, as `ip route replace`
  kChange,      // the same, and refused where there is none
  kAppend,      // one more next hop of such a route, as `ip -6 route append`
};

template <class Address>
class Routing {
 public:
  using Rib = fib::Rib<Address>;
  using View = fib::RouteView<Address>;
  using Path = fib::Path<Address>;
  using Prefix = ringroad::Prefix<Address>;
  using Key = neigh::Key<Address>;

  Routing(interface::World& world, NextHops<Address>& next_hops);

  // What no configuration changes: martian, multicast and broadcast destinations.
  void add_fixed_routes();
  // Makes table local and the connected subnets follow the ports' addresses as the world has them
  // now, in one step. Fails, and changes nothing, where a table has no room.
  Status sync_connected();

  // One next hop of a request. Its port is found from the connected subnets where it is not given;
  // a gateway on none of them is recursive: reached through the route that covers it, whichever
  // that is from time to time. Without an address the destinations themselves are on the port's
  // link; `on_link`: the gateway is, though no subnet holds it.
  struct Via {
    std::optional<Address> address;
    std::uint16_t weight = 1;
    std::optional<InterfaceId> port = std::nullopt;
    bool on_link = false;
    bool recursive = false;  // no route needs to lead to the gateway now
  };
  struct Request {
    Prefix prefix;
    RouteType type = RouteType::kUnicast;
    std::vector<Via> vias;
    std::uint32_t metric = 0;
    fib::Table table = fib::Table::kMain;
    std::optional<Address> source = std::nullopt;
  };
  using Mode = RouteMode;
  // What was there before, if anything, and what is there now. All or none.
  struct Outcome {
    std::optional<Path> before;
    std::optional<Path> now;
  };
  Result<Outcome> set(const Request& request, Mode mode);
  Status add(const Request& request);

  // Which static route, and of a group which next hops: those leave it, and the last takes the
  // route with it, as `ip -6 route del`. What is none matches all.
  struct Selection {
    Prefix prefix;
    std::optional<fib::Table> table;  // none: those that forwarding asks
    std::optional<std::uint32_t> metric = std::nullopt;
    std::optional<RouteType> type = std::nullopt;
    std::optional<Address> source = std::nullopt;
    std::vector<Via> vias = {};
  };
  struct Removal {
    fib::Table table;
    std::uint32_t metric;
    Outcome outcome;
  };
  // Static routes only: the others come and go with their addresses.
  Result<Removal> remove(const Selection& selection);
  Result<fib::Route<Address>> erase(const fib::RouteSelector<Address>& selector);

  // The port of a gateway that is on a connected subnet.
  [[nodiscard]] std::optional<InterfaceId> port_of(Address gateway) const;

  // Many routes by the same few gateways: what each gateway's path is, then batches of them.
  [[nodiscard]] Result<Path> path_via(Address gateway, bool recursive = false) const;
  Status add(const fib::RouteBatch<Address>& batch);
  Status erase(const fib::RouteBatch<Address>& batch);
  // Whether a route from outside may lead there: not to what never is a unicast destination.
  [[nodiscard]] static bool is_routable(Prefix prefix);
  // Table local is the router's own.
  [[nodiscard]] static Status check_table(fib::Table table);

  // A port without a link is no way to anywhere: its subnet and the gateways on it are dead, as
  // with Linux's ignore_routes_with_linkdown. The router's own address stays.
  void set_link(InterfaceId port, bool up);

  // Whether some route names the port whatever its subnets: then it is a way to somewhere without
  // an address of its own.
  [[nodiscard]] bool binds(InterfaceId port) const;
  // Whether a static route leads by that gateway.
  [[nodiscard]] bool has_gateway(const std::function<bool(Address)>& is) const;
  // `from` of the route by which the router's own packets to that address go: Linux's fib_prefsrc.
  [[nodiscard]] std::optional<Address> preferred_source(Address destination) const;

  // The neighbor can be sent to: at this MAC; no longer; or is gone.
  [[nodiscard]] bool has_room_for(Key key) const { return next_hops_.has_room_for(key); }
  Status resolved(Key key, Mac mac);
  void unresolved(Key key);
  // Its MAC is known, and packets that waited are on their way: workers keep what comes meanwhile,
  // until resolved() or unresolved().
  Status hold(Key key);
  // Workers send to it past the control thread.
  [[nodiscard]] bool is_published(Key key) const;
  void removed(Key key);
  // The port's MTU or MAC changed.
  void renew(InterfaceId port) { next_hops_.renew(port); }
  // It did not answer: other routes of a prefix are taken before those by this gateway.
  void failed(Key key);
  // A port that lost its link lost its neighbors: when it has one again, routes come back to each
  // gateway with its first answer, so that no packet waits for it.
  std::optional<Key> doubt_neighbors(InterfaceId port, std::optional<Key> after, std::size_t most) {
    return next_hops_.doubt_neighbors(port, after, most);
  }
  // Gateways that did not answer: no packet may ask for them, as others take their place.
  [[nodiscard]] std::vector<Key> failed_gateways() const;
  // The packet path is to say when it uses the neighbor. Nothing where it is not resolved.
  void report_use(Key key, bool report);
  // What readers use now; none for a neighbor that never was resolved.
  [[nodiscard]] std::optional<AdjacencyId> adjacency(Key key) const;

  // The next slice, ~3 ms at most, of what a change set going that concerns very many routes or
  // neighbors: each call above does the first slice itself. False where nothing is left to do.
  bool advance();

  // As a worker would decide it for a packet of that flow.
  [[nodiscard]] const neigh::Adjacency& resolve(Address destination, std::uint32_t flow) const;
  [[nodiscard]] const Rib& rib() const { return rib_; }
  [[nodiscard]] const Gateways<Address>& gateways() const { return gateways_; }
  [[nodiscard]] const NextHops<Address>& next_hops() const { return next_hops_; }
  // Of a gateway that some route names.
  [[nodiscard]] NextHopId next_hop_id(const fib::RouteNextHop<Address>& hop) const;
  // Prefixes that changed hands in the trie since the start.
  [[nodiscard]] std::uint64_t trie_changes() const { return trie_changes_; }

 private:
  struct Neighbor {
    NextHopId next_hop;
    bool resolved = false;
    bool host_route = false;
  };

  [[nodiscard]] Result<Neighbor*> neighbor_of(Key key);
  // Of edits or entries that the RIB took.
  void tell_gateways(const auto& changes) {
    for (const auto& change : changes) {
      gateways_.changed(change.prefix);
    }
  }
  void best_changed(std::span<const fib::RouteChange<Address>> changes);
  [[nodiscard]] Status check(const Request& request) const;
  [[nodiscard]] Result<Path> path_of(const Request& request) const;
  [[nodiscard]] Result<Path> appended(const Path& path, const Request& request) const;
  // The static route there has that path from then on, and none without one.
  Status put(const fib::RouteEdit<Address>& edit, const Path* before);
  [[nodiscard]] std::optional<View> find_static(const Selection& selection) const;
  // The destinations themselves are on a port's link.
  [[nodiscard]] static bool is_on_link(const Path& path);
  [[nodiscard]] Result<NextHopId> next_hop_of(const Path& path);
  [[nodiscard]] Result<NextHopId> next_hop_of(const fib::RouteNextHop<Address>& hop);
  [[nodiscard]] fib::Usability usability(const Path& path) const;
  // Some next hops are gained or lost.
  void reconsider();
  // The host routes of these neighbors may have to come or go, now or by advance().
  void refresh_later(Prefix prefix);
  // At most so many of them; whether any was seen to.
  bool refresh_hosts(std::size_t most);
  // The connected subnet, longer than `prefix`, that decides about that neighbor's host route.
  [[nodiscard]] std::optional<Prefix> decided_by(Address address, Prefix prefix) const;
  // After every change of the RIB: gateways follow it, and routes the gateways.
  void settle();
  // The neighbor whose host route stands in the trie for this address.
  [[nodiscard]] Neighbor* host_route_of(Address address);
  void refresh_host_routes(Address address);
  void refresh_host_route(Key key, Neighbor& neighbor);
  // How a gateway is reached, or why it cannot be one.
  [[nodiscard]] Result<fib::RouteNextHop<Address>> hop_to(const Via& via) const;
  [[nodiscard]] Status check_on(InterfaceId port, Address gateway) const;

  interface::World& world_;
  NextHops<Address>& next_hops_;
  Rib rib_;
  Gateways<Address> gateways_;
  Connected<Address> connected_;
  // The group whose flows the next new group takes over.
  std::optional<NextHopId> like_;
  std::uint64_t trie_changes_ = 0;
  // By address, so that a changed prefix finds the neighbors inside it.
  std::map<std::pair<Address, InterfaceId>, Neighbor> neighbors_;
  // Prefixes whose neighbors are to be seen to, the first of them from that address on.
  std::deque<std::pair<Prefix, Address>> stale_hosts_;
};

using Routing4 = Routing<Ipv4>;
using Routing6 = Routing<Ipv6>;

extern template class Routing<Ipv4>;
extern template class Routing<Ipv6>;

}  // namespace ringroad::routing
