// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/rates.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>

#include "roadctl/fields.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 28> kCounters{
    "packets",    "rx_packets", "rx_bytes",       "rx_missed",     "rx_no_buffer",  "rx_errors",
    "tx_packets", "tx_bytes",   "tx_errors",      "tx_requeued",   "tx_completed",  "tx_hangs",
    "conflicts",  "polls",      "busy_polls",     "empty_polls",   "control_polls", "copied_bytes",
    "sleeps",     "wakes",      "sent_packets",   "sent_bytes",    "dropped",       "overlimits",
    "requeued",   "marked",     "direct_packets", "dropped_by_aqm"};

// nstat's names begin with a capital.
bool is_counter(const std::string& key) {
  return std::ranges::find(kCounters, key) != kCounters.end() ||
         (!key.empty() && std::isupper(static_cast<unsigned char>(key.front())) != 0);
}

// Each row is looked for among the others.
constexpr std::size_t kRowsMost = 1000;

constexpr std::array kNames{"name", "core", "reason", "port", "queue", "band"};

bool are_same(const json& row, const json& other) {
  return std::ranges::all_of(kNames,
                             [&](const char* key) { return field(row, key) == field(other, key); });
}

}  // namespace

void add_rates(json& now, const json& before, double seconds) {
  if (now.is_array() && before.is_array()) {
    if (now.size() > kRowsMost) {
      return;
    }
    for (json& row : now) {
      const auto same =
          std::ranges::find_if(before, [&](const json& other) { return are_same(row, other); });
      if (same != before.end()) {
        add_rates(row, *same, seconds);
      }
    }
    return;
  }
  if (!now.is_object() || !before.is_object() || seconds <= 0) {
    return;
  }
  json rates = json::object();
  for (auto& [key, value] : now.items()) {
    const json& old = field(before, key.c_str());
    if (value.is_structured()) {
      add_rates(value, old, seconds);
    } else if (is_counter(key) && value.is_number_integer() && old.is_number_integer() &&
               old <= value) {
      rates[rate_key(key)] =
          static_cast<double>(value.get<std::uint64_t>() - old.get<std::uint64_t>()) / seconds;
    }
  }
  now.update(rates);
}

}  // namespace ringroad::roadctl
