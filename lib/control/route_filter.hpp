// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Which routes `show routes` is asked for. The selectors are those of `ip route show`.
#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "control/options.hpp"
#include "control/route_json.hpp"
#include "control/router.hpp"

namespace ringroad::control {

template <class Address>
struct RouteFilter {
  std::optional<Prefix<Address>> prefix{};  // exactly this one
  std::optional<Address> match{};           // the longest prefix that covers this address
  std::optional<fib::Table> table{};        // none: all
  std::optional<Prefix<Address>> root{};    // this prefix and those inside of it
  std::optional<std::string> protocol{};
  std::optional<RouteType> type{};
  std::optional<std::uint32_t> metric{};
  // These ask for a route of which one next hop is so.
  std::optional<GatewayOf<Address>> via{};
  std::optional<InterfaceId> port{};
  std::optional<std::string> state{};

  // The list begins after this route, which may have been removed since.
  struct After {
    fib::Table table;
    typename fib::Rib<Address>::Position position;
  };
  std::optional<After> after{};
  std::size_t most = ~std::size_t{0};
  // The visit ends with the route at which it has seen this many next hops, or this many routes.
  std::size_t next_hops = ~std::size_t{0};
  std::size_t visits = ~std::size_t{0};

  [[nodiscard]] bool matches(const fib::RouteView<Address>& route) const;
  // Also asks for the state, which needs the report.
  [[nodiscard]] bool matches(const nlohmann::json& report) const;
};

// The routes that are asked for, of each family that is. An address, a prefix or a gateway asks for
// the routes of its family only.
struct RouteFilters {
  std::optional<RouteFilter<Ipv4>> ipv4{};
  std::optional<RouteFilter<Ipv6>> ipv6{};
};
[[nodiscard]] RouteFilters read_route_filters(Router& router, Options& options);

// Calls visit(route) for the routes of the filter's tables and prefixes until it returns false.
template <class Address>
void visit_routes(const fib::Rib<Address>& rib, const RouteFilter<Address>& filter,
                  const std::function<bool(const fib::RouteView<Address>&)>& visit);

}  // namespace ringroad::control
