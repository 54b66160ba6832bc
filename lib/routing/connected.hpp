// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What the router's own addresses of one family put into the tables: Linux's fib_add_ifaddr and
// fib_del_ifaddr, said as what must be there rather than as steps, so that a change of addresses or
// links is made whole or not at all. Control thread only.
#include <cstdint>
#include <deque>
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

  // The changes that make table local and the connected subnets follow the ports' addresses.
  // `has_static`: whether a static route has that prefix in table main, metric 0.
  using HasStatic = std::function<bool(Prefix)>;
  [[nodiscard]] std::vector<fib::RouteEdit<Address>> changes(
      const std::deque<interface::InterfaceView>& ports, const HasStatic& has_static);
  // The RIB has taken the last changes().
  void confirm();

 private:
  using Place = std::tuple<fib::Table, Prefix, fib::Rank>;
  using Routes = std::map<Place, Path>;
  struct Own {
    const interface::InterfaceView* port;
    InterfaceAddress<Address> address;
    std::uint64_t arrival;
  };

  [[nodiscard]] std::vector<Own> by_arrival(const std::deque<interface::InterfaceView>& ports);
  void find_late(const std::vector<Own>& all, const HasStatic& has_static);

  Routes installed_;
  Routes wanted_;
  // Whose subnet came first is taken first, and keeps its turn while its port is down.
  std::map<std::pair<InterfaceId, InterfaceAddress<Address>>, std::uint64_t> arrivals_;
  std::uint64_t next_arrival_ = 0;
  // Subnets that a static route was in the way of when they came: they come after it.
  std::map<Prefix, bool> late_;
};

using Connected4 = Connected<Ipv4>;
using Connected6 = Connected<Ipv6>;

extern template class Connected<Ipv4>;
extern template class Connected<Ipv6>;

}  // namespace ringroad::routing
