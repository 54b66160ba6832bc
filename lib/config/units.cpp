// SPDX-License-Identifier: BSD-3-Clause
#include "config/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>

#include "config/report.hpp"

namespace ringroad::config {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

struct Dimension {
  std::string_view noun;
  std::string_view examples;
  std::string_view usual;  // the unit in the advice if none was given
  bool plain;              // whether a number without a unit is valid and counts the smallest unit
  std::span<const Unit> units;
};

constexpr std::array kSizeUnits{Unit{"B", 1},
                                Unit{"KB", 1'000},
                                Unit{"kB", 1'000},
                                Unit{"KiB", 1ULL << 10},
                                Unit{"MB", 1'000'000},
                                Unit{"MiB", 1ULL << 20},
                                Unit{"GB", 1'000'000'000},
                                Unit{"GiB", 1ULL << 30},
                                Unit{"TB", 1'000'000'000'000},
                                Unit{"TiB", 1ULL << 40}};
constexpr std::array kRateUnits{Unit{"bit", 1}, Unit{"kbit", 1'000}, Unit{"Mbit", 1'000'000},
                                Unit{"Gbit", 1'000'000'000}, Unit{"Tbit", 1'000'000'000'000}};
constexpr std::array kTimeUnits{Unit{"ns", 1},
                                Unit{"us", 1'000},
                                Unit{"ms", 1'000'000},
                                Unit{"s", 1'000'000'000},
                                Unit{"m", 60'000'000'000},
                                Unit{"h", 3'600'000'000'000},
                                Unit{"d", 86'400'000'000'000}};

constexpr Dimension kSize{"a size", "64KiB, 512MiB or 2GiB", "MiB", true, kSizeUnits};
constexpr Dimension kRate{"a rate", "64kbit, 100Mbit or 1Gbit", "Mbit", false, kRateUnits};
constexpr Dimension kTime{"a time", "500ms, 30s or 2m", "s", false, kTimeUnits};

// A decimal number; its fraction is `numerator` / `denominator`.
struct Decimal {
  std::uint64_t whole = 0;
  std::uint64_t numerator = 0;
  std::uint64_t denominator = 1;
  bool too_large = false;
};

std::string_view eat_digits(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::string_view digits = text.substr(0, end);
  text.remove_prefix(end);
  return digits;
}

std::optional<Decimal> eat_decimal(std::string_view& text) {
  // Six digits times the largest factor still fit in 64 bits.
  constexpr std::size_t kFractionMax = 6;
  Decimal decimal;
  const std::string_view whole = eat_digits(text);
  if (whole.empty()) {
    return std::nullopt;
  }
  const auto error = std::from_chars(whole.data(), whole.data() + whole.size(), decimal.whole).ec;
  decimal.too_large = error != std::errc{};
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    const std::string_view fraction = eat_digits(text);
    if (fraction.empty() || fraction.size() > kFractionMax) {
      return std::nullopt;
    }
    for (const char c : fraction) {
      decimal.numerator = decimal.numerator * 10 + static_cast<std::uint64_t>(c - '0');
      decimal.denominator *= 10;
    }
  }
  return decimal;
}

Result<std::uint64_t> parse_quantity(std::string_view text, const Dimension& dimension) {
  const auto not_one = [&] {
    return fail(fmt::format("{} is not {}; write it as {}", shown(text), dimension.noun,
                            dimension.examples));
  };
  std::string_view rest = text;
  const auto decimal = eat_decimal(rest);
  if (!decimal) {
    return not_one();
  }
  std::uint64_t factor = 1;
  if (rest.empty()) {
    const bool zero = decimal->whole == 0 && decimal->numerator == 0;
    if (!dimension.plain && !zero) {
      return fail(fmt::format("{} has no unit; write {}{} or the like (as {})", shown(text),
                              shown(text), dimension.usual, dimension.examples));
    }
  } else {
    const auto unit = std::ranges::find(dimension.units, rest, &Unit::name);
    if (unit == dimension.units.end()) {
      return not_one();
    }
    factor = unit->factor;
  }
  const std::uint64_t parts = decimal->numerator * factor;
  if (parts % decimal->denominator != 0) {
    return not_one();
  }
  std::uint64_t result = 0;
  if (decimal->too_large || __builtin_mul_overflow(decimal->whole, factor, &result) ||
      __builtin_add_overflow(result, parts / decimal->denominator, &result) ||
      result > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    return fail(fmt::format("{} is too large", shown(text)));
  }
  return result;
}

std::string print_quantity(std::uint64_t count, std::span<const Unit> units) {
  const Unit* best = &units.front();
  for (const Unit& unit : units) {
    if (count != 0 && count % unit.factor == 0 && unit.factor > best->factor) {
      best = &unit;
    }
  }
  return fmt::format("{}{}", count / best->factor, best->name);
}

}  // namespace

Result<Bytes> parse_size(std::string_view text) {
  const auto count = parse_quantity(text, kSize);
  return count ? Result<Bytes>{Bytes{*count}} : std::unexpected{count.error()};
}

Result<BitsPerSecond> parse_rate(std::string_view text) {
  const auto count = parse_quantity(text, kRate);
  return count ? Result<BitsPerSecond>{BitsPerSecond{*count}} : std::unexpected{count.error()};
}

Result<Nanoseconds> parse_time(std::string_view text) {
  const auto count = parse_quantity(text, kTime);
  return count ? Result<Nanoseconds>{static_cast<Nanoseconds::rep>(*count)}
               : std::unexpected{count.error()};
}

std::string to_string(Bytes size) {
  constexpr std::array kWritten{Unit{"", 1}, Unit{"KiB", 1ULL << 10}, Unit{"MiB", 1ULL << 20},
                                Unit{"GiB", 1ULL << 30}, Unit{"TiB", 1ULL << 40}};
  return print_quantity(size.count, kWritten);
}

std::string to_string(BitsPerSecond rate) { return print_quantity(rate.count, kRateUnits); }

std::string to_string(Nanoseconds time) {
  return time == Nanoseconds{0}
             ? "0s"
             : print_quantity(static_cast<std::uint64_t>(time.count()), kTimeUnits);
}

}  // namespace ringroad::config
