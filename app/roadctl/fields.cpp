// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/fields.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <tuple>
#include <utility>

#include "roadctl/rates.hpp"

namespace ringroad::roadctl {

using nlohmann::json;

const json& field(const json& object, const char* key) {
  static const json null;
  if (!object.is_object()) {
    return null;
  }
  const auto found = object.find(key);
  return found == object.end() ? null : *found;
}

const json& array(const json& object, const char* key) {
  static const json none = json::array();
  const json& value = field(object, key);
  return value.is_array() ? value : none;
}

std::uint64_t number(const json& value) {
  return value.is_number_unsigned() ? value.get<std::uint64_t>() : 0;
}

std::uint64_t number(const json& object, const char* key) { return number(field(object, key)); }

std::string words(const json& value) {
  if (value.is_string()) {
    return value.get<std::string>();
  }
  if (value.is_number_float()) {
    return fmt::format("{:.1f}", value.get<double>());
  }
  if (value.is_array()) {
    std::string list;
    for (const json& element : value) {
      list += (list.empty() ? "" : ", ") + words(element);
    }
    return list.empty() ? "-" : list;
  }
  return value.is_null() ? "-" : value.dump();
}

std::string words(const json& object, const char* key) { return words(field(object, key)); }

namespace {

struct Unit {
  std::uint64_t size;
  std::string_view name;
};

// Uses the largest unit of which the value is a whole multiple. The last unit is 1.
template <std::size_t N>
std::string exact(const json& value, const std::array<Unit, N>& units) {
  if (!value.is_number_unsigned()) {
    return words(value);
  }
  const auto count = value.get<std::uint64_t>();
  const auto* const unit = std::ranges::find_if(units, [&](const Unit& candidate) {
    return candidate.size == 1 || (count >= candidate.size && count % candidate.size == 0);
  });
  return fmt::format("{}{}", count / unit->size, unit->name);
}

// Returns a value below 1000 with three digits.
std::string three_digits(double value) {
  const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f}", value, decimals);
}

}  // namespace

std::string rate(const json& bits_per_second) {
  return exact(bits_per_second, std::array{Unit{1'000'000'000, "Gbit"}, Unit{1'000'000, "Mbit"},
                                           Unit{1'000, "kbit"}, Unit{1, "bit"}});
}

std::string size(const json& bytes) {
  return exact(bytes, std::array{Unit{1U << 30U, "GiB"}, Unit{1U << 20U, "MiB"},
                                 Unit{1U << 10U, "KiB"}, Unit{1, ""}});
}

std::string short_count(const json& count) {
  constexpr double kShortest = 100'000;
  return count.is_number_integer() && count.get<double>() >= kShortest ? amount(count)
                                                                       : words(count);
}

std::string duration(const json& nanoseconds) {
  if (!nanoseconds.is_number_unsigned()) {
    return words(nanoseconds);
  }
  const auto count = nanoseconds.get<std::uint64_t>();
  // From 999.5 on, a value in the unit below would be rounded to four digits.
  for (const auto& [unit, name] :
       {Unit{1'000'000'000, "s"}, Unit{1'000'000, "ms"}, Unit{1'000, "us"}}) {
    if (count >= unit - unit / 2000) {
      return three_digits(static_cast<double>(count) / static_cast<double>(unit)).append(name);
    }
  }
  return fmt::format("{}ns", count);
}

std::string amount(const json& number) {
  // Compared with an int, nlohmann::json takes a large unsigned number for a negative one.
  auto value = number.is_number() ? number.get<double>() : 0;
  if (value < 1000) {
    return words(number);
  }
  std::string_view prefixes = "kMGTPE";
  // From 999.5 on, a value would be rounded to four digits.
  for (value /= 1000; value >= 999.5 && prefixes.size() > 1; value /= 1000) {
    prefixes.remove_prefix(1);
  }
  return three_digits(value) + prefixes.front();
}

std::string percent(const json& value) {
  return value.is_number() ? fmt::format("{:.1f}", value.get<double>()) : "-";
}

std::string time_of_day(std::uint64_t seconds) {
  return fmt::format("{:02}:{:02}:{:02}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
}

Cell amount(const json& object, const char* key) { return {amount(field(object, key))}; }

Cell plain(const json& object, const char* key) { return {words(object, key)}; }

Cell count(const json& object, const char* key, const Display& display) {
  const json& value = field(object, key);
  std::string text = display.short_counts ? short_count(value) : words(value);
  if (const json& rate = field(object, rate_key(key).c_str()); rate.is_number()) {
    text += fmt::format(" +{}/s", short_count(static_cast<std::uint64_t>(rate.get<double>())));
  }
  return {std::move(text)};
}

Cell trouble(const json& object, const char* key, const Display& display) {
  const json& value = field(object, key);
  Cell cell = count(object, key, display);
  cell.tint = !value.is_number() || value == 0 ? Tint::kNone : Tint::kBad;
  return cell;
}

std::vector<Cell> with_rates(std::vector<Cell> row, const json& port) {
  for (const auto& [packets, bits, load] :
       {std::tuple{"rx_packets_per_second", "rx_bits_per_second", "rx_percent"},
        {"tx_packets_per_second", "tx_bits_per_second", "tx_percent"}}) {
    row.push_back(amount(port, packets));
    row.push_back(amount(port, bits));
    row.push_back({percent(field(port, load))});
  }
  return row;
}

std::vector<Cell> load_cells(const json& worker) {
  return {plain(worker, "core"),
          {percent(field(worker, "busy_percent"))},
          {percent(field(worker, "control_percent"))},
          {percent(field(worker, "idle_percent"))},
          amount(worker, "packets_per_second"),
          plain(worker, "cycles_per_packet")};
}

Cell state(const json& object, const char* key) {
  std::string text = words(object, key);
  const Tint tint = text == "up"                         ? Tint::kGood
                    : text == "down" || text == "FAILED" ? Tint::kBad
                                                         : Tint::kNone;
  return {std::move(text), tint};
}

}  // namespace ringroad::roadctl
