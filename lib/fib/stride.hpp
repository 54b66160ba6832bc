// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The prefixes that end in one octet of the address, below one sequence of earlier octets, and the
// child nodes that continue below: one block of a trie is compiled from them. Used only by the
// writer.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "fib/block_store.hpp"

namespace ringroad::fib {

// A prefix of `length` (1 to 8) bits of the octet; its first value is `first`.
struct StrideKey {
  std::uint8_t first;
  std::uint8_t length;

  [[nodiscard]] unsigned count() const { return 256U >> length; }
  // The quarters that the prefix overlaps, one bit for each.
  [[nodiscard]] std::uint8_t quarters() const {
    const unsigned wide = count() <= kQuarterValues ? 1U : (1U << count() / kQuarterValues) - 1;
    return static_cast<std::uint8_t>(wide << first / kQuarterValues);
  }
  // A prefix comes before all prefixes that it covers.
  [[nodiscard]] std::uint16_t order() const {
    return static_cast<std::uint16_t>(first << 8 | length);
  }
  [[nodiscard]] static StrideKey of(std::uint16_t order) {
    return {static_cast<std::uint8_t>(order >> 8), static_cast<std::uint8_t>(order)};
  }
};

class Stride {
 public:
  struct Child {
    std::uint8_t octet;
    std::uint32_t node;
  };

  // Adds or changes the prefix, or removes it if `next_hop` is 0. Returns its next hop before, or 0
  // if it had none.
  std::uint32_t set(StrideKey key, std::uint32_t next_hop) {
    const unsigned at = place_of(key);
    if (at < count_ && keys()[at] == key.order()) {
      const std::uint32_t before = std::exchange(next_hops()[at], next_hop);
      if (next_hop == 0) {
        std::copy(keys() + at + 1, keys() + count_, keys() + at);
        std::copy(next_hops() + at + 1, next_hops() + count_, next_hops() + at);
        --count_;
      }
      return before;
    }
    if (next_hop != 0) {
      make_room();
      std::copy_backward(keys() + at, keys() + count_, keys() + count_ + 1);
      std::copy_backward(next_hops() + at, next_hops() + count_, next_hops() + count_ + 1);
      keys()[at] = key.order();
      next_hops()[at] = next_hop;
      ++count_;
    }
    return 0;
  }
  [[nodiscard]] std::uint32_t find(StrideKey key) const {
    const unsigned at = place_of(key);
    return at < count_ && keys()[at] == key.order() ? next_hops()[at] : 0;
  }
  // Fetches all cache lines at once: a search would wait for each miss in turn.
  void prefetch() const {
    const std::byte* const begin = memory_.get();
    for (std::size_t at = 0; at < bytes(capacity_); at += 64) {
      __builtin_prefetch(begin + at);
    }
  }

  // The answer of all values of a quarter, if there is one and no child; most nodes of IPv6 have
  // such quarters.
  [[nodiscard]] std::optional<std::uint32_t> uniform_answer(unsigned quarter,
                                                            std::uint32_t inherited) const {
    const unsigned first = quarter * kQuarterValues;
    const unsigned at = place_of({static_cast<std::uint8_t>(first), 2});
    const unsigned end =
        StrideKey{static_cast<std::uint8_t>(first + kQuarterValues - 1), 8}.order();
    if ((at < count_ && keys()[at] <= end) || !children_of(quarter).empty()) {
      return std::nullopt;
    }
    const std::uint32_t half = find({static_cast<std::uint8_t>(first & 128U), 1});
    return half != 0 ? half : inherited;
  }
  // Writes the answer of each value of a quarter; `inherited` is the answer of the shorter
  // prefixes.
  void paint(unsigned quarter, std::uint32_t inherited, Quarter::Words& words) const {
    const unsigned first = quarter * kQuarterValues;
    // Only the prefix that covers half of the octet can overlap a quarter and begin before it.
    const std::uint32_t half = find({static_cast<std::uint8_t>(first & 128U), 1});
    std::fill_n(words.begin(), kQuarterValues, half != 0 ? half : inherited);
    const unsigned end =
        StrideKey{static_cast<std::uint8_t>(first + kQuarterValues - 1), 8}.order();
    for (unsigned i = place_of({static_cast<std::uint8_t>(first), 2});
         i < count_ && keys()[i] <= end; ++i) {
      const StrideKey key = StrideKey::of(keys()[i]);
      std::uint32_t* const to = words.data() + (key.first - first);
      const std::uint32_t next_hop = next_hops()[i];
      to[0] = next_hop;  // most prefixes have one value
#pragma GCC unroll 1
      for (unsigned j = 1; j < key.count(); ++j) {
        to[j] = next_hop;
      }
    }
  }

  [[nodiscard]] std::span<const Child> children() const { return children_; }
  [[nodiscard]] std::span<const Child> children_of(unsigned quarter) const {
    const auto from = [&](unsigned octet) {
      return std::ranges::lower_bound(children_, octet, {}, &Child::octet);
    };
    return {from(quarter * kQuarterValues), from((quarter + 1) * kQuarterValues)};
  }
  // Returns 0 if there is no child.
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
  [[nodiscard]] bool empty() const { return count_ == 0 && children_.empty(); }

 private:
  static constexpr std::size_t bytes(std::size_t capacity) {
    return capacity * (sizeof(std::uint32_t) + sizeof(std::uint16_t));
  }
  // One allocation holds the next hops and then the keys, so that only one address must be loaded
  // first.
  [[nodiscard]] std::uint32_t* next_hops() const {
    return reinterpret_cast<std::uint32_t*>(memory_.get());
  }
  [[nodiscard]] std::uint16_t* keys() const {
    return reinterpret_cast<std::uint16_t*>(next_hops() + capacity_);
  }
  void make_room() {
    if (count_ < capacity_) {
      return;
    }
    Stride larger;
    larger.capacity_ = static_cast<std::uint16_t>(std::max(4, capacity_ + capacity_ / 2));
    larger.memory_ = std::make_unique_for_overwrite<std::byte[]>(bytes(larger.capacity_));
    std::copy_n(keys(), count_, larger.keys());
    std::copy_n(next_hops(), count_, larger.next_hops());
    memory_ = std::move(larger.memory_);
    capacity_ = larger.capacity_;
  }

  // Returns the index of the first prefix that does not come before the key. The search has no
  // branch on a comparison, because its result cannot be predicted.
  [[nodiscard]] unsigned place_of(StrideKey key) const {
    // Sorted input, which is usual for a table, is appended.
    if (count_ == 0 || keys()[count_ - 1] < key.order()) {
      return count_;
    }
    const std::uint16_t* first = keys();
    for (unsigned count = count_; count > 1;) {
      const unsigned half = count / 2;
      first += first[half - 1] < key.order() ? half : 0;
      count -= half;
    }
    return static_cast<unsigned>(first - keys());
  }

  // Sorted by key. There are at most 510 of them.
  std::unique_ptr<std::byte[]> memory_;
  std::uint16_t count_ = 0;
  std::uint16_t capacity_ = 0;
  std::vector<Child> children_;  // sorted
};

}  // namespace ringroad::fib
