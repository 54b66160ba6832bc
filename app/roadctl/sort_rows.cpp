// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/sort_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "base/ipv4.hpp"
#include "base/ipv6.hpp"
#include "base/prefix.hpp"
#include "roadctl/fields.hpp"
#include "roadctl/nearest.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;

// What rows are compared by: addresses stand before other text, those of IPv4 before those of IPv6,
// and prefixes before longer ones of the same address.
struct Key {
  bool missing = true;
  double number = 0;
  std::optional<Ipv6> ipv6{};  // these come after all numbers and addresses of IPv4
  std::uint8_t length = 0;
  std::string text{};

  [[nodiscard]] auto order() const { return std::tie(text, ipv6, number, length); }
};

Key key_of(const json& value) {
  if (value.is_null()) {
    return {};
  }
  if (value.is_number()) {
    return {.missing = false, .number = value.get<double>()};
  }
  const std::string text = words(value);
  if (const auto address = Ipv4::parse(text)) {
    return {.missing = false, .number = static_cast<double>(address->value()), .length = 32};
  }
  if (const auto prefix = Prefix4::parse(text)) {
    return {.missing = false,
            .number = static_cast<double>(prefix->address().value()),
            .length = prefix->length()};
  }
  if (const auto address = Ipv6::parse(text)) {
    return {.missing = false, .ipv6 = address, .length = 128};
  }
  if (const auto prefix = Prefix6::parse(text)) {
    return {.missing = false, .ipv6 = prefix->address(), .length = prefix->length()};
  }
  return {.missing = false, .text = text};
}

// The default route of IPv6 has the same name as that of IPv4.
Key key_of(const json& row, const std::string& name) {
  const json& value = field(row, name.c_str());
  return value == "default" && field(row, "family") == 6 ? Key{.missing = false, .ipv6 = Ipv6{}}
                                                         : key_of(value);
}

std::vector<std::string> keys_of(const json& rows) {
  std::set<std::string> keys;
  for (const json& row : rows) {
    if (row.is_object()) {
      for (const auto& [key, value] : row.items()) {
        if (value.is_primitive()) {
          keys.insert(key);
        }
      }
    }
  }
  return {keys.begin(), keys.end()};
}

}  // namespace

Status sort_rows(json& answer, const std::string& key) {
  if (!answer.is_array()) {
    return fail("--sort: this answer has no rows");
  }
  const bool down = key.starts_with('-');
  const std::string name = down ? key.substr(1) : key;
  const auto known = keys_of(answer);
  if (!answer.empty() && std::ranges::find(known, name) == known.end()) {
    return fail(fmt::format("--sort {}: no row has such a key{}", name, hint(name, known)));
  }
  std::vector<std::pair<Key, json>> rows;
  rows.reserve(answer.size());
  for (json& row : answer) {
    Key row_key = key_of(row, name);
    rows.emplace_back(std::move(row_key), std::move(row));
  }
  std::ranges::stable_sort(rows, [&](const auto& left, const auto& right) {
    if (left.first.missing || right.first.missing) {
      return !left.first.missing && right.first.missing;
    }
    return down ? right.first.order() < left.first.order()
                : left.first.order() < right.first.order();
  });
  for (std::size_t i = 0; i < rows.size(); ++i) {
    answer[i] = std::move(rows[i].second);
  }
  return {};
}

}  // namespace ringroad::roadctl
