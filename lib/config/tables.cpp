// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/nearest.hpp"
#include "config/scalars.hpp"
#include "config/sections.hpp"

namespace ringroad::config {
namespace {

struct KnownTable {
  std::string_view name;
  std::uint8_t number;
};
constexpr std::array kEveryRoutersTables{KnownTable{"main", kMainTable},
                                         KnownTable{"default", kDefaultTable}};
// Table local, which the router fills itself, and the word by which roadctl selects every table.
constexpr std::array<std::string_view, 2> kTaken{"local", "all"};

}  // namespace

std::vector<RouteTable> read_tables(const Value& section) {
  constexpr Range<std::uint8_t> kNumbers{1, kDefaultTable - 1};
  std::vector<RouteTable> tables;
  const Fields fields{section};
  for (const Entry& entry : fields.entries()) {
    if (check_name(entry) && (std::ranges::find(kTaken, entry.key) != kTaken.end() ||
                              std::ranges::find(kEveryRoutersTables, entry.key,
                                                &KnownTable::name) != kEveryRoutersTables.end())) {
      entry.value.missing("is a table that every router has; give this one another name");
    }
    const auto number = read(&entry.value, kNumbers);
    if (!number) {
      continue;
    }
    const auto same = std::ranges::find(tables, *number, &RouteTable::number);
    if (same != tables.end()) {
      entry.value.problem(fmt::format("{} is already the number of {}", *number, same->name));
    }
    tables.push_back({entry.key, *number});
  }
  return tables;
}

std::optional<std::uint8_t> read_table(const Value* value, const std::vector<RouteTable>& tables) {
  const auto text = read_text(value);
  if (!text) {
    return std::nullopt;
  }
  std::vector<RouteTable> all;
  all.reserve(kEveryRoutersTables.size() + tables.size());
  for (const KnownTable& known : kEveryRoutersTables) {
    all.push_back({std::string{known.name}, known.number});
  }
  all.insert(all.end(), tables.begin(), tables.end());
  const auto named = std::ranges::find(all, *text, &RouteTable::name);
  if (named != all.end()) {
    return named->number;
  }
  std::uint8_t number = 0;
  const char* const end = text->data() + text->size();
  const auto [stop, error] = std::from_chars(text->data(), end, number);
  if (error == std::errc{} && stop == end && number >= 1 && number <= kMainTable) {
    return number;
  }
  std::vector<std::string_view> names;
  names.reserve(all.size());
  for (const RouteTable& table : all) {
    names.push_back(table.name);
  }
  value->problem(*text == "local" || *text == "255"
                     ? "table local is the router's own; take main or another"
                     : fmt::format("there is no table {}{}", shown(*text), hint(*text, names)));
  return std::nullopt;
}

}  // namespace ringroad::config
