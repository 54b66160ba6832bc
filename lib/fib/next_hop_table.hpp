// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Resolves the answer of a lookup to an adjacency. Because of this indirection a change of a next
// hop is one store, however many routes share it, and a route can have several next hops.
//
// A next hop is a slot of 4 bytes: an adjacency, or the buckets of a group. A group is resilient,
// like Linux's `ip nexthop add ... type resilient buckets N`: the hash of a flow selects a bucket,
// a bucket names a member, and a change of the members rewrites only the buckets that must move.
// Flows in all other buckets keep their next hop.
//
// The control thread is the only writer; workers read inside a read-side section. Each slot and
// each bucket is changed by one store, so a reader sees the old or the new value.
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
// The number of groups that one lookup may pass: a member may itself be a group.
inline constexpr unsigned kGroupNestingMax = 8;

class NextHopTable {
 public:
  // A member of a group. Each next hop occurs at most once, and each weight is at least 1.
  struct Member {
    NextHopId next_hop;
    std::uint32_t weight = 1;
    bool usable = true;  // if false, usable members take over its share, as long as there are any
  };

  NextHopTable(std::uint32_t capacity, Reclaimer& reclaimer);

  // The functions up to resolve() are for the writer. Returns nothing if the table is full.
  [[nodiscard]] std::optional<NextHopId> allocate(AdjacencyId adjacency);
  // Allocates a next hop that is one of 1..kGroupMembersMax others, chosen by the hash of the flow.
  // If `like` is a group, the new group starts from its buckets, so flows of members that both
  // groups have do not move.
  [[nodiscard]] std::optional<NextHopId> allocate_group(std::span<const Member> members,
                                                        std::optional<NextHopId> like = {});
  // Allocates a next hop with the current answer of `of`. The caller that changes `of` must change
  // its aliases too.
  [[nodiscard]] std::optional<NextHopId> allocate_alias(NextHopId of);
  // No route, group or alias names the next hop any more; its slot is reused after a quiescent
  // state.
  void retire(NextHopId id);

  void set(NextHopId id, AdjacencyId adjacency) { store(id, adjacency.value()); }
  void set_alias(NextHopId id, NextHopId of) { store(id, load(of)); }
  // Sets the group's members and their weights, and moves as few buckets as possible. `aliases`:
  // all aliases of the group.
  void set_members(NextHopId id, std::span<const Member> members,
                   std::span<const NextHopId> aliases = {});
  // If no member is usable, all members share the buckets as if they were usable.
  void set_usable(NextHopId id, NextHopId member, bool usable);

  // The number of next hops that can still be allocated.
  [[nodiscard]] std::size_t free() const { return free_.size(); }

  // The number of the group's buckets that name this member, and the number of all its buckets.
  [[nodiscard]] std::size_t buckets_of(NextHopId id, NextHopId member) const;
  [[nodiscard]] std::size_t buckets(NextHopId group) const { return bucket_count(load(group)); }

  // The members to which the flow is sent, one for each group that it passes from `id` on.
  [[nodiscard]] std::vector<NextHopId> way_of(NextHopId id, std::uint32_t flow) const;

  // Called by readers. `flow` is a function that returns the hash of the flow; it is called only if
  // the next hop is a group. ~1 cycle and an L1 hit for a next hop that is not a group; each group
  // adds two loads.
  template <class FlowHash>
  [[nodiscard]] AdjacencyId resolve(NextHopId id, FlowHash&& flow) const {
    std::uint32_t value = load(id);
    if (is_group(value)) [[unlikely]] {
      value = choose(value, flow());
    }
    return AdjacencyId{value};
  }

  // Called by readers. The same for many next hops: `flow(i)` returns the hash of the flow of
  // `next_hops[i]`, and `answer(i, adjacency)` receives the result. ~2 instructions for each next
  // hop where four in a row are not groups.
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

  // Called by readers. Returns whether some flow may be sent to an adjacency for which `is` is
  // true; every bucket of a group is examined.
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
  // The value of a slot is an adjacency's number or, if the top bit is set, the location of a
  // group's buckets: the logarithm of their number, then the index of the first bucket, in units of
  // the smallest number of buckets. A group has a power of two of buckets, within the bounds below,
  // and enough of them that rounding costs no member more than 1/32 of its share.
  static constexpr std::uint32_t kGroup = 1U << 31;
  static constexpr unsigned kPlaceBits = 24;
  static constexpr unsigned kFewestBits = 6;  // 64: four cache lines
  static constexpr unsigned kMostBits = 12;
  static constexpr std::uint32_t kBucketsOfLightest = 16;
  // Twice the need of the largest groups, because a block is reused only for groups of its size.
  static constexpr std::size_t kBucketsMax = 2 * (kGroupsMax << kMostBits);
  using Block = std::uint32_t;  // the value of a slot that is a group

  struct Group {
    std::vector<Member> members;  // sorted by next hop
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
  // The buckets repeat those of `like`; without `like` they have no member.
  std::optional<Block> take_block(unsigned bits, std::optional<Block> like);
  void retire_block(Block block);
  // Assigns the buckets to the members by weight.
  void share_out(const Group& group);

  std::unique_ptr<std::atomic<std::uint32_t>[]> values_;
  ReservedArray<std::uint32_t> buckets_;  // the NextHopId of a member in each bucket
  std::size_t buckets_used_ = 0;
  std::array<std::vector<Block>, kMostBits + 1> free_blocks_;  // by the logarithm of their size
  std::unordered_map<NextHopId, Group> groups_;
  std::vector<NextHopId> free_;
  Reclaimer& reclaimer_;
};

}  // namespace ringroad::fib
