// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Indices that must not be mixed up; each is a type of its own.
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <ranges>

namespace ringroad {

template <class Tag, class Rep>
class Id {
 public:
  using rep = Rep;

  constexpr Id() = default;
  constexpr explicit Id(Rep value) : value_{value} {}
  [[nodiscard]] constexpr Rep value() const { return value_; }

  friend constexpr auto operator<=>(Id, Id) = default;

 private:
  Rep value_{};
};

// A device, by Ringroad's number: 0..n-1 in the order of the configuration, which is not DPDK's
// number. Per-port queues are indexed by it.
using PortId = Id<struct PortTag, std::uint16_t>;
// An interface with addresses: the ports have their numbers, the sub-interfaces those from
// kPortsMax on.
using InterfaceId = Id<struct InterfaceTag, std::uint16_t>;
using WorkerId = Id<struct WorkerTag, std::uint16_t>;
// The answer of a route lookup; an index into the next-hop table.
using NextHopId = Id<struct NextHopTag, std::uint32_t>;
// The adjacency to which a next hop resolves; an index into the adjacency table.
using AdjacencyId = Id<struct AdjacencyTag, std::uint32_t>;
using NeighborId = Id<struct NeighborTag, std::uint32_t>;

// The interface of the port itself, without a tag.
[[nodiscard]] constexpr InterfaceId interface_of(PortId port) { return InterfaceId{port.value()}; }

// The numbers 0 to count - 1, for iterating over PortIds or WorkerIds.
[[nodiscard]] inline auto numbers(std::size_t count) {
  return std::views::iota(std::uint16_t{0}, static_cast<std::uint16_t>(count));
}

}  // namespace ringroad

template <class Tag, class Rep>
struct std::hash<ringroad::Id<Tag, Rep>> {
  std::size_t operator()(ringroad::Id<Tag, Rep> id) const noexcept {
    return std::hash<Rep>{}(id.value());
  }
};
