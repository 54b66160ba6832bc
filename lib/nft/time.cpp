// SPDX-License-Identifier: BSD-3-Clause
#include "nft/time.hpp"

#include <fmt/format.h>

#include <charconv>

namespace ringroad::nft {

std::optional<Nanoseconds> parse_time(std::string_view text) {
  if (text.empty()) {
    return std::nullopt;
  }
  constexpr std::chrono::milliseconds kMost{std::chrono::years{200}};
  std::chrono::milliseconds total{};
  while (!text.empty()) {
    std::uint64_t number = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || stop == text.data() || number >= 1'000'000'000) {
      return std::nullopt;
    }
    text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
    const std::string_view unit = text.substr(0, text.find_first_of("0123456789"));
    text.remove_prefix(unit.size());
    const auto count = static_cast<std::int64_t>(number);
    if (unit == "d") {
      total += std::chrono::days{count};
    } else if (unit == "h") {
      total += std::chrono::hours{count};
    } else if (unit == "m") {
      total += std::chrono::minutes{count};
    } else if (unit == "s" || unit.empty()) {
      total += std::chrono::seconds{count};
    } else if (unit == "ms") {
      total += std::chrono::milliseconds{count};
    } else {
      return std::nullopt;
    }
    if (total > kMost) {
      return std::nullopt;
    }
  }
  return total;
}

std::string print_time(Nanoseconds time) {
  const auto total = std::chrono::duration_cast<std::chrono::milliseconds>(time).count();
  std::string text;
  const auto add = [&](std::int64_t count, std::string_view unit) {
    if (count != 0) {
      text += fmt::format("{}{}", count, unit);
    }
  };
  add(total / 86'400'000, "d");
  add(total / 3'600'000 % 24, "h");
  add(total / 60'000 % 60, "m");
  add(total / 1000 % 60, "s");
  add(total % 1000, "ms");
  return text.empty() ? "0s" : text;
}

}  // namespace ringroad::nft
