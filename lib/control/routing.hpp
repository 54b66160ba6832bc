#pragma once
// Keeps the trie true to the RIB: each prefix's best route becomes a next hop, each resolved
// neighbour on a connected subnet a host route of its own, so that forwarding to it touches no hash
// table. Control thread only.
#include <map>
#include <optional>
#include <vector>

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
  // The port of each next hop is found from the connected subnets.
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
  };
  Status add(const Request& request);
  // Static routes only: the others come and go with their addresses.
  Result<fib::Route> erase(const fib::RouteSelector& selector);
  struct Loaded {
    std::size_t added = 0;
    std::size_t skipped_ipv6 = 0;
  };
  // All of the file's prefixes or none; each by one of the gateways, chosen by hash.
  Result<Loaded> load(const std::string& path, const std::vector<Ipv4>& vias, std::uint32_t metric);

  // The neighbour can be sent to: at this MAC; no longer; or is gone.
  Status resolved(neigh::Key key, Mac mac);
  void unresolved(neigh::Key key);
  void removed(neigh::Key key);
  // The packet path is to say when it uses the neighbour. Nothing where it is not resolved.
  void report_use(neigh::Key key, bool report);
  // What readers use now; none for a neighbour that never was resolved.
  [[nodiscard]] std::optional<AdjacencyId> adjacency(neigh::Key key) const;

  // As a worker would decide it for a packet of that flow.
  [[nodiscard]] const neigh::Adjacency& resolve(Ipv4 destination, std::uint32_t flow) const;
  [[nodiscard]] const fib::Rib& rib() const { return rib_; }

 private:
  struct Neighbor {
    NextHopId next_hop;
    bool resolved = false;
    bool host_route = false;
  };

  void best_changed(Prefix4 prefix, const fib::Route* best);
  [[nodiscard]] Result<NextHopId> next_hop_of(const fib::Route& route);
  // The neighbour whose host route stands in the trie for this address.
  [[nodiscard]] Neighbor* host_route_of(Ipv4 address);
  void refresh_host_routes(Prefix4 prefix);
  void refresh_host_route(neigh::Key key, Neighbor& neighbor);
  [[nodiscard]] Result<std::vector<fib::RouteNextHop>> find_ports(const std::vector<Via>& vias,
                                                                  Prefix4 prefix) const;

  World& world_;
  NextHops& next_hops_;
  fib::Rib rib_;
  // By address, so that a changed prefix finds the neighbours inside it.
  std::map<std::pair<Ipv4, PortId>, Neighbor> neighbors_;
  std::optional<Error> install_error_;
};

}  // namespace ringroad::control
