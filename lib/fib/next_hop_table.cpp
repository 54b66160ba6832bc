#include "fib/next_hop_table.hpp"

namespace ringroad::fib {

NextHopTable::NextHopTable(std::uint32_t capacity, Reclaimer& reclaimer)
    : values_{std::make_unique<std::atomic<std::uint32_t>[]>(capacity)},
      groups_{std::make_unique<Buckets[]>(kGroupsMax)},
      reclaimer_{reclaimer} {
  for (std::uint32_t i = capacity; i > 0; --i) {
    free_.emplace_back(i - 1);
  }
  for (std::uint32_t i = kGroupsMax; i > 0; --i) {
    free_groups_.push_back(i - 1);
  }
}

std::optional<NextHopId> NextHopTable::take(std::uint32_t value) {
  if (free_.empty()) {
    return std::nullopt;
  }
  const NextHopId id = free_.back();
  free_.pop_back();
  values_[id.value()].store(value, std::memory_order_release);
  return id;
}

std::optional<NextHopId> NextHopTable::allocate(AdjacencyId adjacency) {
  return take(adjacency.value());
}

std::optional<NextHopId> NextHopTable::allocate_group(std::span<const Member> members) {
  if (free_groups_.empty() || free_.empty() || members.empty()) {
    return std::nullopt;
  }
  std::uint32_t weights = 0;
  for (const Member& member : members) {
    weights += member.weight;
  }
  const std::uint32_t group = free_groups_.back();
  free_groups_.pop_back();
  // Bucket i goes to the member whose share of the weights covers (i + 1/2) / kGroupBuckets.
  std::size_t member = 0;
  std::uint64_t covered = members[0].weight;
  for (std::size_t i = 0; i < kGroupBuckets; ++i) {
    while ((2 * i + 1) * weights >= covered * 2 * kGroupBuckets) {
      covered += members[++member].weight;
    }
    groups_[group][i] = members[member].next_hop;
  }
  return take(group | kGroup);
}

void NextHopTable::retire(NextHopId id) {
  reclaimer_.retire([this, id] {
    const std::uint32_t value = values_[id.value()].load(std::memory_order_relaxed);
    if ((value & kGroup) != 0) {
      free_groups_.push_back(value & ~kGroup);
    }
    free_.push_back(id);
  });
}

}  // namespace ringroad::fib
