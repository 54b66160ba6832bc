// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Routes as JSON, for `show routes` and for the first part of the answer to `route get`.
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "control/router.hpp"

namespace ringroad::control {

// Reports the routes of one family. Reads each port's link state once, however many routes are
// reported.
template <class Address>
class RouteReporter {
 public:
  explicit RouteReporter(const Router& router);

  [[nodiscard]] nlohmann::json report(const fib::RouteView<Address>& route) const;
  [[nodiscard]] nlohmann::json next_hops_of(const fib::Path<Address>& path) const;

 private:
  friend class RouteReporter<Ipv4>;  // for IPv6 gateways of IPv4 routes

  // The reported port of a recursive next hop is that of the first next hop through which its
  // gateway is reached.
  [[nodiscard]] nlohmann::json next_hop(const fib::RouteNextHop<Address>& hop,
                                        unsigned depth) const;
  // Returns a word that says whether packets to the next hop are sent.
  [[nodiscard]] std::string state_of(const fib::RouteNextHop<Address>& hop) const;

  const Router& router_;
  const routing::Routing<Address>& routing_;
  std::vector<bool> link_up_;  // of each InterfaceId
};

extern template class RouteReporter<Ipv4>;
extern template class RouteReporter<Ipv6>;

// Reports the routes that cover a destination but were not chosen, each with a `reason`.
template <class Address>
[[nodiscard]] nlohmann::json runners_up(const RouteReporter<Address>& reporter,
                                        const std::vector<fib::RouteView<Address>>& covering,
                                        const std::optional<fib::RouteView<Address>>& match);

// Reports the path of a flow: one step for the matched route and one for each recursive gateway,
// with the members of each group, their shares and the one that the flow takes.
template <class Address>
struct FlowWay {
  Address destination;
  std::uint32_t hash;
  const fib::Path<Address>& matched;
};
template <class Address>
[[nodiscard]] nlohmann::json way_of(const Router& router, const FlowWay<Address>& flow);

}  // namespace ringroad::control
