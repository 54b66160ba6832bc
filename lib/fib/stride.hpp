#pragma once
// The prefixes that end within one octet of the address, below one path of octets, and the paths
// that go on: what one block of a trie is compiled from. The writer's own.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "fib/block_store.hpp"

namespace ringroad::fib {

// A prefix of `length` bits of the octet, 1 to 8, whose first value is `first`.
struct StrideKey {
  std::uint8_t first;
  std::uint8_t length;

  [[nodiscard]] unsigned count() const { return 256U >> length; }
  // The quarters it reaches into, a bit each.
  [[nodiscard]] std::uint8_t quarters() const {
    const unsigned wide = count() <= kQuarterValues ? 1U : (1U << count() / kQuarterValues) - 1;
    return static_cast<std::uint8_t>(wide << first / kQuarterValues);
  }
  // Prefixes that cover others come before them.
  friend auto operator<=>(StrideKey, StrideKey) = default;
};

class Stride {
 public:
  struct Prefix {
    StrideKey key;
    std::uint32_t next_hop;
  };
  struct Child {
    std::uint8_t octet;
    std::uint32_t node;
  };

  // Adds or changes it. What it was before, 0 for nothing.
  std::uint32_t insert(StrideKey key, std::uint32_t next_hop) {
    const auto at = find_place(key);
    if (at != prefixes_.end() && at->key == key) {
      return std::exchange(at->next_hop, next_hop);
    }
    prefixes_.insert(at, {key, next_hop});
    return 0;
  }
  std::uint32_t erase(StrideKey key) {
    const auto at = find_place(key);
    if (at == prefixes_.end() || at->key != key) {
      return 0;
    }
    const std::uint32_t next_hop = at->next_hop;
    prefixes_.erase(at);
    return next_hop;
  }
  [[nodiscard]] std::uint32_t find(StrideKey key) const {
    const auto at = std::ranges::lower_bound(prefixes_, key, {}, &Prefix::key);
    return at != prefixes_.end() && at->key == key ? at->next_hop : 0;
  }

  // The answers of a quarter's values; `inherited` is that of the prefixes above.
  void paint(unsigned quarter, std::uint32_t inherited, Quarter::Words& words) const {
    const unsigned first = quarter * kQuarterValues;
    std::uint32_t around = inherited;
    // Only a /1 and what begins the quarter can reach into it from before its first value.
    if (const std::uint32_t half = find({static_cast<std::uint8_t>(first & 128U), 1}); half != 0) {
      around = half;
    }
    std::fill_n(words.begin(), kQuarterValues, around);
    const StrideKey begin{static_cast<std::uint8_t>(first), 2};
    for (auto at = std::ranges::lower_bound(prefixes_, begin, {}, &Prefix::key);
         at != prefixes_.end() && at->key.first < first + kQuarterValues; ++at) {
      std::fill_n(words.begin() + (at->key.first - first), at->key.count(), at->next_hop);
    }
  }

  [[nodiscard]] std::span<const Child> children() const { return children_; }
  [[nodiscard]] std::span<const Child> children_of(unsigned quarter) const {
    const auto from = [&](unsigned octet) {
      return std::ranges::lower_bound(children_, octet, {}, &Child::octet);
    };
    return {from(quarter * kQuarterValues), from((quarter + 1) * kQuarterValues)};
  }
  // None: 0.
  [[nodiscard]] std::uint32_t child(std::uint8_t octet) const {
    const auto at = std::ranges::lower_bound(children_, octet, {}, &Child::octet);
    return at != children_.end() && at->octet == octet ? at->node : 0;
  }
  void add_child(std::uint8_t octet, std::uint32_t node) {
    children_.insert(std::ranges::lower_bound(children_, octet, {}, &Child::octet), {octet, node});
  }
  void remove_child(std::uint8_t octet) {
    children_.erase(std::ranges::lower_bound(children_, octet, {}, &Child::octet));
  }
  [[nodiscard]] bool empty() const { return prefixes_.empty() && children_.empty(); }

 private:
  std::vector<Prefix>::iterator find_place(StrideKey key) {
    // Sorted input, as a table usually is, goes to the end.
    if (prefixes_.empty() || prefixes_.back().key < key) {
      return prefixes_.end();
    }
    return std::ranges::lower_bound(prefixes_, key, {}, &Prefix::key);
  }

  std::vector<Prefix> prefixes_;  // ordered
  std::vector<Child> children_;   // ordered
};

}  // namespace ringroad::fib
