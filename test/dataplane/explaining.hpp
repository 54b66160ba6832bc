// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Asks the router for an explanation, and reads it.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <catch2/catch.hpp>
#include <string>

#include "control/verbs.hpp"
#include "testbed.hpp"

namespace ringroad::test {

// The packet comes by port a unless the options say otherwise.
inline nlohmann::json explain(Testbed& bed, nlohmann::json options) {
  options.emplace("from", "a");
  auto answer =
      control::carry_out(*bed.router, {{"verb", {"explain"}}, {"options", std::move(options)}});
  if (!answer) {
    FAIL(answer.error().what);
  }
  return *answer;
}

inline nlohmann::json explain_frame(Testbed& bed, const Frame& frame) {
  return explain(bed, {{"frame", fmt::format("{:02x}", fmt::join(frame, ""))}});
}

// Returns why the options are refused, or an empty text.
inline std::string refusal(Testbed& bed, nlohmann::json options) {
  options.emplace("from", "a");
  const auto answer =
      control::carry_out(*bed.router, {{"verb", {"explain"}}, {"options", std::move(options)}});
  return answer ? "" : answer.error().what;
}

// Returns the steps of an explanation or of a traced packet, one on each line.
inline std::string says(const nlohmann::json& answer) {
  std::string all;
  for (const nlohmann::json& step : answer.at("steps")) {
    all += step.at("stage").get<std::string>() + ": " + step.at("says").get<std::string>() + "\n";
  }
  return all;
}

}  // namespace ringroad::test
