#pragma once
// Keeps the trie true to the RIB: each prefix's best route becomes a next hop, each resolved
// neighbour on a connected subnet a host route of its own, so that forwarding to it touches no hash
// table. Control thread only.
#include <map>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "control/gateways.hpp"
#include "control/next_hops.hpp"
#include "control/world.hpp"
#include "fib/rib.hpp"

namespace ringroad::control {

class Routing {
 public:
  Routing(World& world, NextHops& next_hops);

  // What no configuration changes: martian, multicast and broadcast destinations.
  void add_fixed_routes();
  // The subnet, the address itself, its broadcast addresses (FIB-07).
  Status add_connected(PortId port, InterfaceAddress address);
  // The address went; `left` are those that the port still has. The first of them on the same
  // subnet takes its place, as with Linux's promote_secondaries.
  void remove_connected(InterfaceAddress address, std::span<const InterfaceAddress> left);
  // The port of each next hop is found from the connected subnets. A gateway on none of them is
  // recursive: reached through the route that covers it, whichever that is from time to time.
  struct Via {
    Ipv4 address;
    std::uint16_t weight = 1;
  };
  struct Request {
    Prefix4 prefix;
    fib::RouteType type = fib::RouteType::kUnicast;
    std::vector<Via> vias;
    std::uint32_t metric = 0;
    fib::Table table = fib::Table::kMain;
    std::optional<Ipv4> source = std::nullopt;
  };
  Status add(const Request& request);
  // Static routes only: the others come and go with their addresses.
  Result<fib::Route4> erase(const fib::RouteSelector4& selector);

  // Many routes by the same few gateways: what each gateway's path is, then batches of them.
  [[nodiscard]] Result<fib::Path4> path_via(Ipv4 gateway) const;
  Status add(const fib::Rib4::Batch& batch);
  Status erase(const fib::Rib4::Batch& batch);
  // Whether a route from outside may lead there: not to what never is a unicast destination.
  [[nodiscard]] static bool is_routable(Prefix4 prefix);
  // Table local is the router's own.
  [[nodiscard]] static Status check_table(fib::Table table);

  // A port without a link is no way to anywhere: its subnet and the gateways on it are dead, as
  // with Linux's ignore_routes_with_linkdown. The router's own address stays.
  void set_link(PortId port, bool up);

  // The neighbour can be sent to: at this MAC; no longer; or is gone.
  Status resolved(neigh::Key key, Mac mac);
  void unresolved(neigh::Key key);
  void removed(neigh::Key key);
  // The port's MTU or MAC changed.
  void set_mtu(PortId port, std::uint16_t mtu) { next_hops_.set_mtu(port, mtu); }
  Status set_source_mac(PortId port) { return next_hops_.set_source_mac(port); }
  // It did not answer: other routes of a prefix are taken before those by this gateway.
  void failed(neigh::Key key);
  // A port that lost its link lost its neighbours: when it has one again, routes come back to each
  // gateway with its first answer, so that no packet waits for it.
  void doubt_neighbors(PortId port) { next_hops_.doubt_neighbors(port); }
  // Gateways that did not answer: no packet may ask for them, as others take their place.
  [[nodiscard]] std::vector<neigh::Key> failed_gateways() const;
  // The packet path is to say when it uses the neighbour. Nothing where it is not resolved.
  void report_use(neigh::Key key, bool report);
  // What readers use now; none for a neighbour that never was resolved.
  [[nodiscard]] std::optional<AdjacencyId> adjacency(neigh::Key key) const;

  // As a worker would decide it for a packet of that flow.
  [[nodiscard]] const neigh::Adjacency& resolve(Ipv4 destination, std::uint32_t flow) const;
  [[nodiscard]] const fib::Rib4& rib() const { return rib_; }
  [[nodiscard]] const Gateways& gateways() const { return gateways_; }
  [[nodiscard]] const NextHops& next_hops() const { return next_hops_; }
  // Of a gateway that some route names.
  [[nodiscard]] NextHopId next_hop_id(const fib::RouteNextHop4& hop) const;
  // Prefixes that changed hands in the trie since the start.
  [[nodiscard]] std::uint64_t trie_changes() const { return trie_changes_; }

 private:
  struct Neighbor {
    NextHopId next_hop;
    bool resolved = false;
    bool host_route = false;
  };

  void best_changed(std::span<const fib::RouteChange<Ipv4>> changes);
  void replace_source(Prefix4 prefix, fib::Table table, Ipv4 from, Ipv4 to);
  [[nodiscard]] Result<NextHopId> next_hop_of(const fib::Path4& path);
  [[nodiscard]] Result<NextHopId> next_hop_of(const fib::RouteNextHop4& hop);
  [[nodiscard]] fib::Usability usability(const fib::Path4& path) const;
  // Some next hops are gained or lost.
  void reconsider();
  // After every change of the RIB: gateways follow it, and routes the gateways.
  void settle();
  // The neighbour whose host route stands in the trie for this address.
  [[nodiscard]] Neighbor* host_route_of(Ipv4 address);
  void refresh_host_routes(Prefix4 prefix);
  void refresh_host_route(neigh::Key key, Neighbor& neighbor);
  // How a gateway is reached, or why it cannot be one.
  [[nodiscard]] Result<fib::RouteNextHop4> hop_to(Ipv4 gateway) const;

  World& world_;
  NextHops& next_hops_;
  fib::Rib4 rib_;
  Gateways gateways_;
  std::uint64_t trie_changes_ = 0;
  // By address, so that a changed prefix finds the neighbours inside it.
  std::map<std::pair<Ipv4, PortId>, Neighbor> neighbors_;
};

}  // namespace ringroad::control
