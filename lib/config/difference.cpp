// SPDX-License-Identifier: BSD-3-Clause
#include "config/difference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "config/settings.hpp"

namespace ringroad::config {
namespace {

using enum Effect;

// The first pattern that covers a key decides.
constexpr std::array kRules{
    // Cores, memory and what listens belong to the process.
    Rule{"engine", kRestart},
    // A port gets its queues when its device is opened.
    Rule{"ports.*.queues", kRestart},
    Rule{"ports.*.spread", kRestart},
    Rule{"ports", kLive},
    Rule{"vlans", kLive},
    Rule{"tables", kLive},
    Rule{"routes", kLive},
    Rule{"neighbors", kLive},
    Rule{"schedulers", kLive},
    Rule{"arp", kLive},
    Rule{"nd", kLive},
    Rule{"icmp", kLive},
    Rule{"ecmp", kLive},
    // The tables of connections are as large as at the start.
    Rule{"firewall.connections.max", kRestart},
    Rule{"firewall", kLive},
};

// Whether the segments of the pattern are the first ones of the key.
bool covers(std::string_view pattern, std::string_view key) {
  return key == pattern ||
         (key.starts_with(pattern) && (key[pattern.size()] == '.' || key[pattern.size()] == '['));
}

std::string join(const Part& part, const Setting& setting) {
  return setting.key.empty() ? part.key : fmt::format("{}.{}", part.key, setting.key);
}

Effect effect_in(const Part& part, std::string_view key) {
  const std::string_view name = part.named ? ".*" : "";
  return effect_of(key.empty() ? fmt::format("{}{}", part.section, name)
                               : fmt::format("{}{}.{}", part.section, name, key));
}

// The items of a list come and go one by one. If only their order differs, the list is changed.
void compare_lists(const Part& part, const Setting& before, const Setting& after,
                   std::vector<Change>& changes) {
  const std::string key = join(part, after);
  const Effect effect = effect_in(part, after.key);
  const std::size_t known = changes.size();
  const auto is_in = [](const std::string& item, const Setting& list) {
    return std::ranges::find(list.items, item) != list.items.end();
  };
  for (const std::string& item : before.items) {
    if (!is_in(item, after)) {
      changes.push_back({Change::Kind::kRemoved, key, item, "", effect});
    }
  }
  for (const std::string& item : after.items) {
    if (!is_in(item, before)) {
      changes.push_back({Change::Kind::kAdded, key, "", item, effect});
    }
  }
  if (changes.size() == known && before.value != after.value) {
    changes.push_back({Change::Kind::kChanged, key, before.value, after.value, effect});
  }
}

void compare(const Part& before, const Part& after, std::vector<Change>& changes) {
  for (std::size_t i = 0; i < after.settings.size(); ++i) {
    const Setting& old = before.settings[i];
    const Setting& now = after.settings[i];
    if (now.is_list) {
      compare_lists(after, old, now, changes);
    } else if (old.value != now.value) {
      changes.push_back({Change::Kind::kChanged, join(after, now), old.value, now.value,
                         effect_in(after, now.key)});
    }
  }
}

}  // namespace

std::span<const Rule> rules() { return kRules; }

Effect effect_of(std::string_view key) {
  const auto rule =
      std::ranges::find_if(kRules, [key](const Rule& one) { return covers(one.pattern, key); });
  return rule == kRules.end() ? kRestart : rule->effect;
}

std::vector<Change> difference(const Config& before, const Config& after) {
  std::map<std::string, Part> old;
  for (Part& part : parts_of(before)) {
    std::string key = part.key;
    old.emplace(std::move(key), std::move(part));
  }
  std::vector<Change> changes;
  for (const Part& part : parts_of(after)) {
    const auto known = old.find(part.key);
    if (known == old.end()) {
      changes.push_back({Change::Kind::kAdded, part.key, "", part.summary, effect_in(part, "")});
    } else {
      compare(known->second, part, changes);
      old.erase(known);
    }
  }
  for (const auto& [key, part] : old) {
    changes.push_back({Change::Kind::kRemoved, key, part.summary, "", effect_in(part, "")});
  }
  return changes;
}

std::string to_string(const Change& change) {
  switch (change.kind) {
    case Change::Kind::kAdded:
      return fmt::format("+ {}: {}", change.key, change.after);
    case Change::Kind::kRemoved:
      return fmt::format("- {}: {}", change.key, change.before);
    case Change::Kind::kChanged:
      break;
  }
  return fmt::format("~ {}: {} -> {}", change.key, change.before, change.after);
}

std::string_view to_string(Change::Kind kind) {
  constexpr std::array<std::string_view, 3> kNames{"added", "removed", "changed"};
  return kNames.at(static_cast<std::size_t>(kind));
}

}  // namespace ringroad::config
