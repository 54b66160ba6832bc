// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What counters grow by a second between two answers of the same verb.
#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace ringroad::roadctl {

// The key beside a counter's own under which its rate stands in an answer that is printed.
[[nodiscard]] inline std::string rate_key(std::string_view counter) {
  return std::string{counter} + "@rate";
}

[[nodiscard]] inline bool is_rate_key(std::string_view key) { return key.ends_with("@rate"); }

struct LastAnswer {
  nlohmann::json answer{};
  std::chrono::steady_clock::time_point at{};
};

// Adds the rates to `now`. Rows are compared if they stand for the same thing in both answers; a
// counter that became smaller, because it was reset, gets no rate.
void add_rates(nlohmann::json& now, const nlohmann::json& before, double seconds);

}  // namespace ringroad::roadctl
