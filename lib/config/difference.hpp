// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The difference between two configurations, key by key, and which keys a running router takes
// over. Routes are not compared here: the router compares its tables with the routes of the file.
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/model.hpp"

namespace ringroad::config {

// What a new value of a key needs.
enum class Effect : std::uint8_t {
  kLive,     // the running router takes it over
  kRestart,  // it takes effect with the next start only
};

// One difference: a key that has another value, an item of a list or a named part that is new or
// gone.
struct Change {
  enum class Kind : std::uint8_t { kAdded, kRemoved, kChanged };
  Kind kind = Kind::kChanged;
  std::string key;     // "ports.lan.mtu", "neighbors[192.168.1.9 port lan]"
  std::string before;  // in the form of the file; empty if it was added
  std::string after;   // empty if it was removed
  Effect effect = Effect::kLive;

  friend bool operator==(const Change&, const Change&) = default;
};

// The effect of the keys that the pattern covers: "ports.*.mtu" covers that key of each port,
// "arp" every key of that section. Of several the first counts.
struct Rule {
  std::string_view pattern;
  Effect effect;
};
[[nodiscard]] std::span<const Rule> rules();
// The effect of a new value of this key, which has '*' for each name: "ports.*.mtu".
[[nodiscard]] Effect effect_of(std::string_view key);

// Returns what changes from `before` to `after`, in the order of the file.
[[nodiscard]] std::vector<Change> difference(const Config& before, const Config& after);

// "+ tables.green: 10", "- ...", "~ ports.lan.mtu: 1500 -> 1400".
[[nodiscard]] std::string to_string(const Change& change);
[[nodiscard]] std::string_view to_string(Change::Kind kind);

}  // namespace ringroad::config
