// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// From the answer of a lookup to an adjacency. The indirection is what makes a change of a next hop
// one store, however many routes share it, and what lets a route name several next hops.
//
// A next hop is a slot of 4 bytes: an adjacency, or a group's buckets. A group is resilient, as
// Linux's `ip nexthop add ... type resilient buckets N`: a flow's hash picks a bucket, a bucket
// names a member, and a change of the members rewrites only the buckets that must change hands; the
// flows of all others stay where they are.
//
// One writer, the control thread; the workers read inside a read-side section. Each slot and each
// bucket changes by one store: a reader finds the old or the new.
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/ids.hpp"
#include "base/reclaim.hpp"
#include "fib/reserved_array.hpp"

namespace ringroad::fib {

inline constexpr std::size_t kGroupsMax = 4096;
inline constexpr std::size_t kGroupMembersMax = 256;
// Groups that one lookup may go through: a member may stand for a group of its own.
inline constexpr unsigned kGroupNestingMax = 8;

class NextHopTable {
 public:
  // Of a group; each next hop at most once, each weight at least 1.
  struct Member {
    NextHopId next_hop;
    std::uint32_t weight = 1;
    bool usable = true;  // false: its share goes to the others, while any of them is usable
  };

  NextHopTable(std::uint32_t capacity, Reclaimer& reclaimer);

  // The rest up to resolve() is the writer's. None where the table is full.
  [[nodiscard]] std::optional<NextHopId> allocate(AdjacencyId adjacency);
  // A next hop that is one of 1..kGroupMembersMax others, chosen by the flow's hash. It starts from
  // the buckets of `like` where that is a group: the flows of members that both have stay.
  [[nodiscard]] std::optional<NextHopId> allocate_group(std::span<const Member> members,
                                                        std::optional<NextHopId> like = {});
  // A next hop that answers as another does now. Whoever changes the other sets its aliases too.
  [[nodiscard]] std::optional<NextHopId> allocate_alias(NextHopId of);
  // No route, group or alias names it any more; it is reused after a quiescent state.
  void retire(NextHopId id);

  void set(NextHopId id, AdjacencyId adjacency) { store(id, adjacency.value()); }
  void set_alias(NextHopId id, NextHopId of) { store(id, load(of)); }
  // The group's new members, weights included; the fewest buckets that do it change hands.
  // `aliases`: all that stand for the group.
  void set_members(NextHopId id, std::span<const Member> members,
                   std::span<const NextHopId> aliases = {});
  // Where no member is usable all share as if they were.
  void set_usable(NextHopId id, NextHopId member, bool usable);

  // How many can be allocated now.
  [[nodiscard]] std::size_t free() const { return free_.size(); }

  // How many of the group's buckets name that member, and how many there are.
  [[nodiscard]] std::size_t buckets_of(NextHopId id, NextHopId member) const;
  [[nodiscard]] std::size_t buckets(NextHopId group) const { return bucket_count(load(group)); }

  // The members that the flow goes to, one for each group on its way from `id`.
  [[nodiscard]] std::vector<NextHopId> way_of(NextHopId id, std::uint32_t flow) const;

  // Reader. `flow` is asked only where the next hop is a group: a function that gives the flow's
  // hash. ~1 cycle and an L1 hit for what is no group; two loads more a group.
  template <class FlowHash>
  [[nodiscard]] AdjacencyId resolve(NextHopId id, FlowHash&& flow) const {
    std::uint32_t value = load(id);
    if (is_group(value)) [[unlikely]] {
      value = choose(value, flow());
    }
    return AdjacencyId{value};
  }

  // Reader. The same of many: `flow(i)` gives the hash of the flow that asks `next_hops[i]`, and
  // `answer(i, adjacency)` is told. ~2 instructions each for what is no group, where four are not.
  template <class FlowHash, class Answer>
  void resolve(std::span<const NextHopId> next_hops, FlowHash&& flow, Answer&& answer) const {
    constexpr std::size_t kTogether = 4;
    const std::atomic<std::uint32_t>* const slots = values_.get();
    std::array<std::uint32_t, kTogether> values;
    std::size_t i = 0;
    for (; i + kTogether <= next_hops.size(); i += kTogether) {
      std::uint32_t all = 0;
#pragma GCC unroll 4
      for (std::size_t j = 0; j < kTogether; ++j) {
        values[j] = slots[next_hops[i + j].value()].load(std::memory_order_acquire);
        all |= values[j];
      }
      if (is_group(all)) [[unlikely]] {
        for (std::size_t j = 0; j < kTogether; ++j) {
          values[j] = is_group(values[j]) ? choose(values[j], flow(i + j)) : values[j];
        }
      }
#pragma GCC unroll 4
      for (std::size_t j = 0; j < kTogether; ++j) {
        answer(i + j, AdjacencyId{values[j]});
      }
    }
    for (; i < next_hops.size(); ++i) {
      answer(i, resolve(next_hops[i], [&] { return flow(i); }));
    }
  }

  // Reader. Whether some flow may go to an adjacency that `is`; every bucket of a group is asked.
  template <class Predicate>
  [[nodiscard]] bool any(NextHopId id, const Predicate& is) const {
    const std::uint32_t value = load(id);
    if (!is_group(value)) {
      return is(AdjacencyId{value});
    }
    for (std::size_t i = 0; i < bucket_count(value); ++i) {
      if (any(NextHopId{bucket(value, i)}, is)) {
        return true;
      }
    }
    return false;
  }

 private:
  // A slot's value is an adjacency's number or, with the top bit, where a group's buckets are: the
  // logarithm of their number, then the place of the first, in units of the fewest. A group's
  // buckets are a power of two and so many that rounding costs no member more than 1/32 of its
  // share, between these bounds.
  static constexpr std::uint32_t kGroup = 1U << 31;
  static constexpr unsigned kPlaceBits = 24;
  static constexpr unsigned kFewestBits = 6;  // 64: four cache lines
  static constexpr unsigned kMostBits = 12;
  static constexpr std::uint32_t kBucketsOfLightest = 16;
  // Twice the largest groups' need, since a block serves only groups of its size.
  static constexpr std::size_t kBucketsMax = 2 * (kGroupsMax << kMostBits);
  using Block = std::uint32_t;  // such a value

  struct Group {
    std::vector<Member> members;  // in the order of their next hops
    Block block;
  };

  [[nodiscard]] static bool is_group(std::uint32_t value) { return (value & kGroup) != 0; }
  [[nodiscard]] static unsigned bucket_bits(Block block) { return (block & ~kGroup) >> kPlaceBits; }
  [[nodiscard]] static std::size_t bucket_count(Block block) {
    return std::size_t{1} << bucket_bits(block);
  }
  [[nodiscard]] static std::size_t first_bucket(Block block) {
    return std::size_t{block & ((1U << kPlaceBits) - 1)} << kFewestBits;
  }

  [[nodiscard]] std::uint32_t load(NextHopId id) const {
    return values_[id.value()].load(std::memory_order_acquire);
  }
  void store(NextHopId id, std::uint32_t value) {
    values_[id.value()].store(value, std::memory_order_release);
  }
  [[nodiscard]] std::uint32_t choose(Block block, std::uint32_t flow) const;

  [[nodiscard]] std::uint32_t bucket(Block block, std::size_t index) const {
    return std::atomic_ref{buckets_[first_bucket(block) + index]}.load(std::memory_order_acquire);
  }
  void set_bucket(Block block, std::size_t index, std::uint32_t owner) {
    std::atomic_ref{buckets_[first_bucket(block) + index]}.store(owner, std::memory_order_release);
  }

  [[nodiscard]] static unsigned bits_for(const std::vector<Member>& members);
  std::optional<NextHopId> allocate_slot(std::uint32_t value);
  // Its buckets are those of `like`, over and over, or nobody's.
  std::optional<Block> take_block(unsigned bits, std::optional<Block> like);
  void retire_block(Block block);
  // Buckets to members by their weights.
  void share_out(const Group& group);

  std::unique_ptr<std::atomic<std::uint32_t>[]> values_;
  ReservedArray<std::uint32_t> buckets_;  // a member's NextHopId each
  std::size_t buckets_used_ = 0;
  std::array<std::vector<Block>, kMostBits + 1> free_blocks_;  // by the logarithm of their size
  std::unordered_map<NextHopId, Group> groups_;
  std::vector<NextHopId> free_;
  Reclaimer& reclaimer_;
};

}  // namespace ringroad::fib
