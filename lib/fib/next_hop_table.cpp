// SPDX-License-Identifier: BSD-3-Clause
#include "fib/next_hop_table.hpp"

#include <algorithm>
#include <cassert>
#include <functional>
#include <limits>
#include <ranges>
#include <utility>

namespace ringroad::fib {
namespace {

using Member = NextHopTable::Member;

constexpr std::uint32_t kNobody = std::numeric_limits<std::uint32_t>::max();

std::vector<Member> in_order(std::span<const Member> members) {
  std::vector<Member> sorted{members.begin(), members.end()};
  std::ranges::sort(sorted, {}, &Member::next_hop);
  return sorted;
}

// Returns the index of the member with this next hop, or members.size() if there is none.
std::size_t find(const std::vector<Member>& members, NextHopId id) {
  const auto found = std::ranges::lower_bound(members, id, {}, &Member::next_hop);
  return found == members.end() || found->next_hop != id
             ? members.size()
             : static_cast<std::size_t>(found - members.begin());
}

// Returns how many of `total` buckets each member should have: its share by weight, rounded up or
// down. Among the possible roundings, this one moves as few of the buckets that each member `has`
// as possible.
std::vector<std::uint32_t> shares(const std::vector<Member>& members,
                                  const std::vector<std::uint32_t>& has, std::uint64_t total) {
  const bool some_usable = std::ranges::any_of(members, &Member::usable);
  const auto weight = [&](const Member& member) -> std::uint64_t {
    return some_usable && !member.usable ? 0 : member.weight;
  };
  std::uint64_t weights = 0;
  for (const Member& member : members) {
    weights += weight(member);
  }
  struct Rounding {
    std::uint64_t rest;  // what rounding down takes from the member
    std::size_t member;
    std::uint32_t least;
    auto operator<=>(const Rounding&) const = default;
  };
  std::vector<Rounding> roundings;
  std::vector<std::uint32_t> due;
  std::uint64_t given = 0;
  for (std::size_t i = 0; i < members.size(); ++i) {
    const std::uint64_t exact = total * weight(members[i]);
    const std::uint64_t rest = exact % weights;
    const auto least = static_cast<std::uint32_t>(exact / weights);
    due.push_back(std::clamp(has[i], least, least + (rest == 0 ? 0U : 1U)));
    given += due[i];
    roundings.push_back({rest, i, least});
  }
  // Members that lost most by rounding down are rounded up first.
  std::ranges::sort(roundings, std::greater{});
  for (const Rounding& rounding : roundings) {
    if (given < total && rounding.rest != 0 && due[rounding.member] == rounding.least) {
      ++due[rounding.member];
      ++given;
    }
  }
  for (const Rounding& rounding : roundings | std::views::reverse) {
    if (given > total && due[rounding.member] > rounding.least) {
      --due[rounding.member];
      --given;
    }
  }
  return due;
}

}  // namespace

NextHopTable::NextHopTable(std::uint32_t capacity, Reclaimer& reclaimer)
    : values_{std::make_unique<std::atomic<std::uint32_t>[]>(capacity)},
      buckets_{kBucketsMax},
      reclaimer_{reclaimer} {
  for (std::uint32_t i = capacity; i > 0; --i) {
    free_.emplace_back(i - 1);
  }
}

std::optional<NextHopId> NextHopTable::allocate_slot(std::uint32_t value) {
  if (free_.empty()) {
    return std::nullopt;
  }
  const NextHopId id = free_.back();
  free_.pop_back();
  store(id, value);
  return id;
}

std::optional<NextHopId> NextHopTable::allocate(AdjacencyId adjacency) {
  assert(!is_group(adjacency.value()));
  return allocate_slot(adjacency.value());
}

std::optional<NextHopId> NextHopTable::allocate_alias(NextHopId of) {
  return allocate_slot(load(of));
}

std::optional<NextHopTable::Block> NextHopTable::take_block(unsigned bits,
                                                            std::optional<Block> like) {
  const std::size_t count = std::size_t{1} << bits;
  Block block = 0;
  if (!free_blocks_.at(bits).empty()) {
    block = free_blocks_.at(bits).back();
    free_blocks_.at(bits).pop_back();
  } else if (buckets_used_ + count > kBucketsMax) {
    return std::nullopt;
  } else {
    buckets_.grow(buckets_used_ + count);
    block = kGroup | bits << kPlaceBits | static_cast<Block>(buckets_used_ >> kFewestBits);
    buckets_used_ += count;
  }
  for (std::size_t i = 0; i < count; ++i) {
    set_bucket(block, i, like ? bucket(*like, i & (bucket_count(*like) - 1)) : kNobody);
  }
  return block;
}

void NextHopTable::retire_block(Block block) {
  reclaimer_.retire([this, block] { free_blocks_.at(bucket_bits(block)).push_back(block); });
}

unsigned NextHopTable::bits_for(const std::vector<Member>& members) {
  std::uint64_t weights = 0;
  for (const Member& member : members) {
    weights += member.weight;
  }
  const std::uint64_t lightest = std::ranges::min(members, {}, &Member::weight).weight;
  const std::uint64_t wanted = kBucketsOfLightest * weights / lightest;
  const auto bits = static_cast<unsigned>(std::bit_width(wanted - 1));
  return std::clamp(bits, kFewestBits, kMostBits);
}

std::optional<NextHopId> NextHopTable::allocate_group(std::span<const Member> members,
                                                      std::optional<NextHopId> like) {
  assert(!members.empty() && members.size() <= kGroupMembersMax);
  if (groups_.size() == kGroupsMax || free_.empty()) {
    return std::nullopt;
  }
  const std::optional<Block> model =
      like && is_group(load(*like)) ? std::optional{load(*like)} : std::nullopt;
  Group group{in_order(members), 0};
  const unsigned bits = std::max(bits_for(group.members), model ? bucket_bits(*model) : 0U);
  const auto block = take_block(bits, model);
  if (!block) {
    return std::nullopt;
  }
  group.block = *block;
  share_out(group);
  const auto id = allocate_slot(group.block);
  groups_.emplace(*id, std::move(group));  // NOLINT(bugprone-unchecked-optional-access): see above
  return id;
}

void NextHopTable::set_members(NextHopId id, std::span<const Member> members,
                               std::span<const NextHopId> aliases) {
  assert(!members.empty() && members.size() <= kGroupMembersMax);
  Group& group = groups_.at(id);
  group.members = in_order(members);
  const unsigned bits = bits_for(group.members);
  // The new block has twice as many buckets or more and repeats the old ones, so no flow moves
  // because of its size. A group never shrinks.
  const auto larger =
      bits > bucket_bits(group.block) ? take_block(bits, group.block) : std::nullopt;
  const Block old = std::exchange(group.block, larger.value_or(group.block));
  share_out(group);
  if (larger) {
    store(id, group.block);
    for (const NextHopId alias : aliases) {
      store(alias, group.block);
    }
    retire_block(old);
  }
}

void NextHopTable::set_usable(NextHopId id, NextHopId member, bool usable) {
  Group& group = groups_.at(id);
  group.members.at(find(group.members, member)).usable = usable;
  share_out(group);
}

void NextHopTable::share_out(const Group& group) {
  const std::size_t count = bucket_count(group.block);
  std::vector<std::size_t> owners(count);
  std::vector<std::uint32_t> has(group.members.size() + 1);  // last: buckets without a member
  for (std::size_t i = 0; i < count; ++i) {
    owners[i] = find(group.members, NextHopId{bucket(group.block, i)});
    ++has[owners[i]];
  }
  const std::vector<std::uint32_t> due = shares(group.members, has, count);
  std::vector<std::uint32_t> keeps(group.members.size() + 1);
  std::vector<std::size_t> moving;
  for (std::size_t i = 0; i < count; ++i) {
    if (owners[i] < due.size() && keeps[owners[i]] < due[owners[i]]) {
      ++keeps[owners[i]];
    } else {
      moving.push_back(i);
    }
  }
  std::size_t to = 0;
  for (const std::size_t i : moving) {
    while (keeps[to] == due[to]) {
      ++to;
    }
    set_bucket(group.block, i, group.members[to].next_hop.value());
    ++keeps[to];
  }
}

void NextHopTable::retire(NextHopId id) {
  if (const auto group = groups_.find(id); group != groups_.end()) {
    retire_block(group->second.block);
    groups_.erase(group);
  }
  reclaimer_.retire([this, id] { free_.push_back(id); });
}

std::size_t NextHopTable::buckets_of(NextHopId id, NextHopId member) const {
  const Block block = groups_.at(id).block;
  std::size_t owned = 0;
  for (std::size_t i = 0; i < bucket_count(block); ++i) {
    owned += bucket(block, i) == member.value() ? 1U : 0U;
  }
  return owned;
}

std::uint32_t NextHopTable::choose(Block block, std::uint32_t flow) const {
  for (unsigned level = 0; level < kGroupNestingMax; ++level) {
    const NextHopId member{bucket(block, flow & (bucket_count(block) - 1))};
    const std::uint32_t value = load(member);
    if (!is_group(value)) {
      return value;
    }
    block = value;
    // The next level uses bits that this level did not use, so the two choices are independent.
    flow = std::rotr(flow, kMostBits);
  }
  // The group is nested deeper than the writer allows. Next hop 0 belongs to no route.
  return load(NextHopId{0});
}

// Makes the same choices as choose().
std::vector<NextHopId> NextHopTable::way_of(NextHopId id, std::uint32_t flow) const {
  std::vector<NextHopId> way;
  std::uint32_t value = load(id);
  while (is_group(value) && way.size() < kGroupNestingMax) {
    way.emplace_back(bucket(value, flow & (bucket_count(value) - 1)));
    value = load(way.back());
    flow = std::rotr(flow, kMostBits);
  }
  return way;
}

}  // namespace ringroad::fib
