// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What the rules of all hook points do with the packets of a connection, where that follows from
// the connection and the interfaces alone, so that it is the same for each of them. Then a packet
// passes without the rules, as with Linux's flowtables, but their counters go on.
//
// It is learned from one packet of each direction: while the rules are evaluated for it, the
// counters that it passes are recorded. Many connections have the same outcome. All of it is
// forgotten when another program runs. One thread at a time.
#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "filter/connections.hpp"
#include "packet/burst.hpp"

namespace ringroad::filter {

// A counter of a rule, or the place where its hits are counted: the index, and whether it is one of
// hits.
class CountedEffect {
 public:
  constexpr CountedEffect() = default;
  constexpr CountedEffect(std::uint32_t index, bool is_hit)
      : word_{index << 1U | (is_hit ? 1U : 0U)} {}
  [[nodiscard]] constexpr std::uint32_t index() const { return word_ >> 1U; }
  [[nodiscard]] constexpr bool is_hit() const { return (word_ & 1U) != 0; }
  [[nodiscard]] constexpr std::uint32_t word() const { return word_; }  // both
  friend constexpr bool operator==(CountedEffect, CountedEffect) = default;

 private:
  std::uint32_t word_ = 0;
};

class Outcomes {
 public:
  static constexpr std::size_t kStages = 3;  // PREROUTING, FORWARD, POSTROUTING
  static constexpr std::size_t kEffectsMost = 60;

  // Of one direction.
  struct Side {
    std::uint16_t ingress = 0;  // the interfaces
    std::uint16_t egress = 0;
    bool passes = false;  // false: the rules must be evaluated for each packet
    bool is_translated = false;
    std::array<std::uint8_t, kStages> ends{};  // of the effects of each stage
    std::array<CountedEffect, kEffectsMost> effects{};

    [[nodiscard]] std::span<const CountedEffect> of(std::size_t stage) const {
      const std::size_t first = stage == 0 ? 0 : ends[stage - 1];
      return std::span{effects}.subspan(first, ends[stage] - first);
    }
    friend bool operator==(const Side&, const Side&) = default;
  };

  Outcomes();

  // Before each burst: forgets everything if it was learned from another program. `serial`: not 0.
  void begin(std::uint64_t serial, Connections& connections) {
    if (serial != serial_) [[unlikely]] {
      restart(serial, connections);
    }
  }
  // Null if nothing is known.
  [[nodiscard]] const Side* find(OutcomeId id, Direction direction) const {
    const auto number = static_cast<std::uint16_t>(id - first_);
    if (number >= pairs_.size()) {
      return nullptr;
    }
    const std::uint16_t side = pairs_[number][index_of(direction)];
    return side == kUnknown ? nullptr : &sides_[side];
  }
  void learn(Connection& connection, Direction direction, const Side& side);
  // Packets of the connection have to be evaluated one by one.
  void give_up(Connection& connection, Direction direction) { learn(connection, direction, {}); }

 private:
  static constexpr std::uint16_t kSidesMost = 512;
  static constexpr std::uint16_t kPairsMost = 2048;
  static constexpr std::uint16_t kUnknown = 0;
  static constexpr std::uint16_t kEvaluated = 1;
  using Pair = std::array<std::uint16_t, 2>;  // sides, by Direction

  void restart(std::uint64_t serial, Connections& connections);
  // Returns kEvaluated if there is no place for another one.
  [[nodiscard]] std::uint16_t side_number(const Side& side);
  [[nodiscard]] OutcomeId pair_id(const Pair& pair);

  std::uint64_t serial_ = 0;
  OutcomeId first_ = 1;  // that of the first pair
  // They grow up to what is reserved for them.
  std::vector<Side> sides_;
  std::vector<Pair> pairs_;
  std::vector<std::uint16_t> sides_by_hash_;  // a number, or 0
  std::vector<std::uint16_t> pairs_by_hash_;  // a number plus 1, or 0
};

// Packets of a burst that pass without the rules, by their outcomes.
class Passed {
 public:
  struct Group {
    const Outcomes::Side* side;
    std::uint64_t packets;
  };

  void add(std::size_t index, const Outcomes::Side& side) {
    if (last_ == nullptr || last_->side != &side) [[unlikely]] {
      choose(side);
    }
    last_->packets |= std::uint64_t{1} << index;
  }
  [[nodiscard]] std::span<const Group> groups() const { return std::span{groups_}.first(count_); }
  [[nodiscard]] std::uint64_t packets() const {
    std::uint64_t all = 0;
    for (const Group& group : groups()) {
      all |= group.packets;
    }
    return all;
  }

 private:
  void choose(const Outcomes::Side& side) {
    const auto used = std::span{groups_}.first(count_);
    const auto found = std::ranges::find(used, &side, &Group::side);
    if (found == used.end()) {
      groups_[count_++] = {&side, 0};
    }
    last_ = &groups_[static_cast<std::size_t>(found - used.begin())];
  }

  std::size_t count_ = 0;
  Group* last_ = nullptr;
  std::array<Group, kBurstMax> groups_;
};

}  // namespace ringroad::filter
