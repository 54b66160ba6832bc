// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Asks the router by verbs, and finds out which routes it has.
#include <nlohmann/json.hpp>

#include "control/verbs.hpp"
#include "testbed.hpp"

namespace ringroad::test {

// Returns the answer as "ok", or else the "error".
inline nlohmann::json ask(Testbed& bed, const nlohmann::json& verb, const nlohmann::json& options) {
  using nlohmann::json;
  // The request is parsed as on the socket, where numbers are unsigned.
  const json request = json::parse(json{{"verb", verb}, {"options", options}}.dump());
  const auto answer = control::carry_out(*bed.router, request);
  return answer ? json{{"ok", *answer}} : json{{"error", answer.error().what}};
}

inline std::size_t main_routes(const Testbed& bed) { return bed.router->main_routes(); }

inline bool reaches_b(Testbed& bed, Ipv4 destination) {
  auto fields = bed.from_a_to_b();
  fields.destination = destination;
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  static_cast<void>(bed.sent(kPortA));
  return bed.sent(kPortB).size() == 1;
}

}  // namespace ringroad::test
