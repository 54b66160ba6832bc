// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/abbreviations.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>

#include "roadctl/command_line.hpp"
#include "roadctl/verb.hpp"

namespace ringroad::roadctl {
namespace {

using Names = std::vector<std::string_view>;

// Returns the indices of the next two words that are neither options nor their values.
std::vector<std::size_t> leading_words(std::span<const std::string> arguments) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < arguments.size() && places.size() < 2; ++i) {
    if (arguments[i].starts_with('-')) {
      i += takes_value(arguments[i]) ? 1U : 0U;
    } else {
      places.push_back(i);
    }
  }
  return places;
}

// Returns the name that begins with `word`, or no name. Fails if several do.
Result<std::optional<std::string_view>> resolve(std::string_view word, const Names& names) {
  if (std::ranges::find(names, word) != names.end()) {
    return word;
  }
  Names found;
  std::ranges::copy_if(names, std::back_inserter(found),
                       [&](std::string_view name) { return name.starts_with(word); });
  if (found.size() > 1) {
    return fail(fmt::format("'{}' may stand for {}", word, fmt::join(found, " or ")));
  }
  return found.empty() ? std::nullopt : std::optional{found.front()};
}

Result<std::optional<std::string_view>> group_of(std::string_view word) {
  Names names;
  for (const Group& group : groups()) {
    if (word == group.alias) {
      return group.name;
    }
    names.push_back(group.name);
  }
  return resolve(word, names);
}

// What `ip route`, `ip neigh`, `ip link` and `ip address` list, and what conntrack(8) does.
constexpr std::array kListed{std::pair{"route", "routes"}, std::pair{"neighbor", "neighbors"},
                             std::pair{"link", "ports"}, std::pair{"address", "ports"},
                             std::pair{"connections", "connections"}};
constexpr std::array<std::string_view, 3> kListing{"show", "list", "ls"};

const char* listed_by(std::string_view group) {
  const auto* const found = std::ranges::find(
      kListed, group, [](const auto& one) { return std::string_view{one.first}; });
  return found == kListed.end() ? nullptr : found->second;
}

}  // namespace

Result<std::vector<std::string>> expand(std::span<const std::string> arguments) {
  std::vector<std::string> all{arguments.begin(), arguments.end()};
  // CLI11 takes a digit after the verb for a number.
  std::ranges::replace(all, std::string{"-4"}, std::string{"--ipv4"});
  std::ranges::replace(all, std::string{"-6"}, std::string{"--ipv6"});
  const auto places = leading_words(arguments);
  if (places.empty()) {
    return all;
  }
  const auto group = group_of(all[places[0]]);
  if (!group) {
    return fail(group.error().what);
  }
  if (!*group) {
    return all;
  }
  all[places[0]] = **group;
  const char* const listed = listed_by(**group);
  if (places.size() == 1) {
    const bool wants_help = std::ranges::any_of(
        arguments, [](const std::string& word) { return word == "--help" || word == "-h"; });
    if (listed != nullptr && !wants_help) {
      all[places[0]] = "show";
      all.insert(all.begin() + static_cast<std::ptrdiff_t>(places[0]) + 1, listed);
    }
    return all;
  }
  std::string& word = all[places[1]];
  const auto name = resolve(word, names_in(**group));
  if (!name) {
    return fail(fmt::format("{} {}", **group, name.error().what));
  }
  if (*name) {
    word = **name;
  } else if (listed != nullptr && std::ranges::any_of(kListing, [&](std::string_view listing) {
               return listing.starts_with(word);
             })) {
    all[places[0]] = "show";
    word = listed;
  }
  return all;
}

std::vector<std::string> expand_typed(std::span<const std::string> arguments) {
  std::vector<std::string> all{arguments.begin(), arguments.end()};
  const auto places = leading_words(arguments);
  if (places.size() != 1) {
    return expand(arguments).value_or(std::move(all));
  }
  std::string& word = all[places.front()];
  if (const auto group = group_of(word); group && *group) {
    word = **group;
  }
  return all;
}

}  // namespace ringroad::roadctl
