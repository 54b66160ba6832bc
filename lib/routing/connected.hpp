// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The routes that the router's own addresses of one family need, as Linux's fib_add_ifaddr and
// fib_del_ifaddr add and remove them. The needed routes are computed and compared with the
// installed ones, so that a change of addresses or links is applied as a whole or not at all.
// Control thread only.
#include <cstdint>
#include <map>
#include <set>
#include <tuple>
#include <vector>

#include "fib/rib.hpp"
#include "interface/world.hpp"

namespace ringroad::routing {

template <class Address>
class Connected {
 public:
  using Path = fib::Path<Address>;
  using Prefix = ringroad::Prefix<Address>;

  // Returns the changes that make table local and the connected subnets match the ports' addresses.
  // `has_static` returns whether table main has a static route with this prefix and metric 0.
  using HasStatic = std::function<bool(Prefix)>;
  [[nodiscard]] std::vector<fib::RouteEdit<Address>> changes(const interface::World& world,
                                                             const HasStatic& has_static);
  // The RIB accepted the changes that changes() returned last.
  void confirm();

  // By what routes of the same prefix are ranked.
  struct Order {
    // The order in which the addresses were added: if several ports share a subnet, the route of
    // the earliest address is used. An address keeps its place while its port is down.
    std::map<std::pair<InterfaceId, InterfaceAddress<Address>>, std::uint64_t> arrivals;
    std::uint64_t next_arrival = 0;
    // Whether a static route with the subnet's prefix existed when the subnet was added. If so, the
    // connected route comes after the static route.
    std::map<Prefix, bool> late;
  };
  [[nodiscard]] const Order& order() const { return order_; }
  void set_order(const Order& order) { order_ = order; }
  // Ranks all addresses as a start does that adds those of these ports in this order.
  void rank_as_at_start(const interface::World& world, const std::vector<InterfaceId>& in_order);

 private:
  using Place = std::tuple<fib::Table, Prefix, fib::Rank>;
  using Routes = std::map<Place, Path>;
  struct Own {
    const interface::InterfaceView* port;
    InterfaceAddress<Address> address;
    std::uint64_t arrival;
  };

  [[nodiscard]] std::vector<Own> by_arrival(const interface::World& world);
  void find_late(const std::vector<Own>& all, const HasStatic& has_static);

  Routes installed_;
  Routes wanted_;
  Order order_;
};

using Connected4 = Connected<Ipv4>;
using Connected6 = Connected<Ipv6>;

extern template class Connected<Ipv4>;
extern template class Connected<Ipv6>;

}  // namespace ringroad::routing
