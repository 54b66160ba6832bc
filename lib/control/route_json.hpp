// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Routes as JSON, for `show routes` and for the first part of the answer to `route get`.
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "control/router.hpp"

namespace ringroad::control {

// Reads each port's link state once, however many routes are reported.
class RouteReporter {
 public:
  explicit RouteReporter(const Router& router);

  [[nodiscard]] nlohmann::json report(const fib::Rib4::View& route) const;
  [[nodiscard]] nlohmann::json next_hops_of(const fib::Path4& path) const;

 private:
  // The reported port of a recursive next hop is that of the first next hop through which its
  // gateway is reached.
  [[nodiscard]] nlohmann::json next_hop(const fib::RouteNextHop4& hop, unsigned depth) const;
  // Returns a word that says whether packets to the next hop are sent.
  [[nodiscard]] std::string state_of(const fib::RouteNextHop4& hop) const;

  const Router& router_;
  std::vector<bool> link_up_;  // of each InterfaceId
};

// Reports the routes that cover a destination but were not chosen, each with a `reason`.
[[nodiscard]] nlohmann::json runners_up(const RouteReporter& reporter,
                                        const std::vector<fib::Rib4::View>& covering,
                                        const std::optional<fib::Rib4::View>& match);

// Reports the path of a flow: one step for the matched route and one for each recursive gateway,
// with the members of each group, their shares and the one that the flow takes.
struct FlowWay {
  Ipv4 destination;
  std::uint32_t hash;
  const fib::Path4& matched;
};
[[nodiscard]] nlohmann::json way_of(const Router& router, const FlowWay& flow);

}  // namespace ringroad::control
