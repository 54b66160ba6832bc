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

struct RouteFilter {
  std::optional<Prefix4> prefix{};    // exactly this one
  std::optional<Ipv4> match{};        // the longest prefix that covers this address
  std::optional<fib::Table> table{};  // none: all
  std::optional<Prefix4> root{};      // this prefix and those inside of it
  std::optional<std::string> protocol{};
  std::optional<RouteType> type{};
  std::optional<std::uint32_t> metric{};
  // These ask for a route of which one next hop is so.
  std::optional<Ipv4> via{};
  std::optional<InterfaceId> port{};
  std::optional<std::string> state{};
  bool none = false;  // of another family

  // The list begins after this route, which may have been removed since.
  struct After {
    fib::Table table;
    fib::Rib4::Position position;
  };
  std::optional<After> after{};
  std::size_t most = ~std::size_t{0};
  // The visit ends with the route at which it has seen this many next hops, or this many routes.
  std::size_t next_hops = ~std::size_t{0};
  std::size_t visits = ~std::size_t{0};

  [[nodiscard]] bool matches(const fib::Rib4::View& route) const;
  // Also asks for the state, which needs the report.
  [[nodiscard]] bool matches(const nlohmann::json& report) const;
};

[[nodiscard]] RouteFilter read_route_filter(Router& router, Options& options);

// Calls visit(route) for the routes of the filter's tables and prefixes until it returns false.
void visit_routes(const fib::Rib4& rib, const RouteFilter& filter,
                  const std::function<bool(const fib::Rib4::View&)>& visit);

}  // namespace ringroad::control
