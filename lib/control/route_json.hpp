// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Routes as JSON, as `show routes` lists them and `route get` begins with one.
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "control/router.hpp"

namespace ringroad::control {

// Asks for each port's link once, however many routes there are.
class RouteReporter {
 public:
  explicit RouteReporter(const Router& router);

  [[nodiscard]] nlohmann::json report(const fib::Rib4::View& route) const;
  [[nodiscard]] nlohmann::json next_hops_of(const fib::Path4& path) const;

 private:
  // The port of a recursive one is that of the first next hop on the way to its gateway.
  [[nodiscard]] nlohmann::json next_hop(const fib::RouteNextHop4& hop, unsigned depth) const;
  // A word for people: whether packets to it are sent.
  [[nodiscard]] std::string state_of(const fib::RouteNextHop4& hop) const;

  const Router& router_;
  std::vector<bool> link_up_;
};

}  // namespace ringroad::control
