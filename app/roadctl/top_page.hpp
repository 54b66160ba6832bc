// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What `top` shows: lines of text made from the router's answers, sorted and filtered. No terminal
// is needed.
#include <chrono>
#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ringroad::roadctl {

// The answers to `show`, `show ports`, `show bands` and `show drops`, asked one after the other.
struct TopSample {
  nlohmann::json router{};
  nlohmann::json ports{};
  nlohmann::json bands{};
  nlohmann::json drops{};
  std::chrono::steady_clock::time_point time{};
};

enum class TopSort : std::uint8_t { kName, kReceived, kSent, kDropped };
[[nodiscard]] std::string_view name_of(TopSort sort);
// The order that follows when the key is pressed once more.
[[nodiscard]] TopSort next(TopSort sort);

struct TopView {
  TopSort sort = TopSort::kName;
  // Only ports and reasons whose names contain this.
  std::string filter{};
  bool idle_bands = false;  // also bands that neither hold, send nor drop anything
};

struct TopLine {
  enum class Look : std::uint8_t { kPlain, kHeading, kBad };
  std::string text{};
  Look look = Look::kPlain;
};

// Losses of the devices are totals, so that their rates need the sample before; null: there is
// none.
[[nodiscard]] std::vector<TopLine> top_page(const TopSample& sample, const TopSample* before,
                                            const TopView& view);
// The first line: the version, and how long the router has run.
[[nodiscard]] std::string top_title(const TopSample& sample);
[[nodiscard]] const std::vector<std::string>& top_help();

}  // namespace ringroad::roadctl
