// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Where each rule's counters, hits, limits and quotas are, by their indices in the ruleset. Both
// families of a table share them.
#include <cstdint>
#include <map>
#include <optional>
#include <tuple>

namespace ringroad::filter {

// A statement of a rule; of an object with a name, `chain` is kNamed and `rule` its index. Hits of
// a rule have statement 0, those that its verdict maps drop kDrops, and those of a policy rule
// kPolicy.
struct StatementPlace {
  static constexpr std::uint32_t kNamed = ~std::uint32_t{0};
  static constexpr std::uint32_t kPolicy = ~std::uint32_t{0};
  static constexpr std::uint32_t kDrops = 1;

  std::uint32_t table = 0;
  std::uint32_t chain = 0;
  std::uint32_t rule = 0;
  std::uint32_t statement = 0;

  friend auto operator<=>(const StatementPlace&, const StatementPlace&) = default;
};

class PlaceMap {
 public:
  // Returns its number, and whether it is new.
  std::pair<std::uint32_t, bool> allot(const StatementPlace& place) {
    const auto [found, is_new] =
        numbers_.try_emplace(place, static_cast<std::uint32_t>(numbers_.size()));
    return {found->second, is_new};
  }
  [[nodiscard]] std::optional<std::uint32_t> find(const StatementPlace& place) const {
    const auto found = numbers_.find(place);
    return found == numbers_.end() ? std::nullopt : std::optional{found->second};
  }
  [[nodiscard]] std::size_t size() const { return numbers_.size(); }

 private:
  std::map<StatementPlace, std::uint32_t> numbers_;
};

struct Places {
  PlaceMap counters;
  PlaceMap hits;
  PlaceMap limits;
  PlaceMap quotas;
  PlaceMap connection_counts;
};

}  // namespace ringroad::filter
