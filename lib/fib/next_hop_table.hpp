#pragma once
// From the answer of a lookup to an adjacency. The indirection is what makes a change of a next hop
// one store, however many routes share it, and what lets a route name several next hops.
//
// One writer, the control thread; the workers read. 4 bytes a next hop: the whole table of a usual
// router is a few cache lines.
#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/ids.hpp"
#include "base/reclaim.hpp"

namespace ringroad::fib {

// Flows are spread over this many buckets of a group; a member has as many as its weight's share.
inline constexpr std::size_t kGroupBuckets = 64;

class NextHopTable {
 public:
  NextHopTable(std::uint32_t capacity, Reclaimer& reclaimer);

  // Writer. None where the table is full.
  [[nodiscard]] std::optional<NextHopId> allocate(AdjacencyId adjacency);
  // Writer. A next hop that is one of several, chosen by the flow's hash; fewer than
  // kGroupBuckets members.
  struct Member {
    NextHopId next_hop;
    std::uint16_t weight;
  };
  [[nodiscard]] std::optional<NextHopId> allocate_group(std::span<const Member> members);
  // Writer. No route names it any more; it is reused after a quiescent state.
  void retire(NextHopId id);
  // Writer. Readers see the old one or the new one.
  void set(NextHopId id, AdjacencyId adjacency) {
    values_[id.value()].store(adjacency.value(), std::memory_order_release);
  }

  // Reader. `flow` is asked only where the next hop is a group: a function that gives the flow's
  // hash. ~1 cycle and an L1 hit for what is no group.
  template <class FlowHash>
  [[nodiscard]] AdjacencyId resolve(NextHopId id, FlowHash&& flow) const {
    std::uint32_t value = values_[id.value()].load(std::memory_order_acquire);
    if ((value & kGroup) != 0) [[unlikely]] {
      const auto& buckets = groups_[value & ~kGroup];
      const NextHopId member = buckets[std::uint32_t{flow()} % kGroupBuckets];
      value = values_[member.value()].load(std::memory_order_acquire);
    }
    return AdjacencyId{value};
  }

 private:
  using Buckets = std::array<NextHopId, kGroupBuckets>;
  static constexpr std::uint32_t kGroup = 1U << 31;
  static constexpr std::uint32_t kGroupsMax = 4096;

  std::optional<NextHopId> take(std::uint32_t value);

  std::unique_ptr<std::atomic<std::uint32_t>[]> values_;
  std::unique_ptr<Buckets[]> groups_;
  std::vector<NextHopId> free_;
  std::vector<std::uint32_t> free_groups_;
  Reclaimer& reclaimer_;
};

}  // namespace ringroad::fib
