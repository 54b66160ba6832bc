// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What a band is made of: a queue that says what it loses. One worker's own.
#include <rte_mbuf.h>

#include <concepts>
#include <cstdint>
#include <cstring>

#include "base/units.hpp"

namespace ringroad::sched {

// What becomes of a packet that a queue does not keep, and of one that it marks.
enum class Lost : std::uint8_t {
  kFull,     // beyond a limit
  kManaged,  // active queue management (RFC 7567)
  kMemory,   // beyond what all bands may hold of the packet buffers
};

template <class F>
concept DropFunction = std::invocable<F&, rte_mbuf*, Lost>;

struct NoDrop {
  void operator()(rte_mbuf* /*packet*/, Lost /*lost*/) const {}
};

template <class Q>
concept Queue = requires(Q queue, const Q& same, rte_mbuf* packet, Nanoseconds now,
                         std::uint64_t longest, NoDrop drop, void (*take)(rte_mbuf*)) {
  { same.packets() } -> std::same_as<std::uint32_t>;
  { same.bytes() } -> std::same_as<std::uint64_t>;
  { queue.next_bytes() } -> std::same_as<std::uint32_t>;
  queue.push(packet, drop);
  { queue.pop(now, longest, drop) } -> std::same_as<rte_mbuf*>;
  { queue.shed() } -> std::same_as<rte_mbuf*>;
  queue.clear(take);
};

// When a packet was queued: in the field of its buffer's first cache line that DPDK keeps for a
// packet's scheduler, and no driver reads on its way out.
inline void stamp(rte_mbuf& packet, Nanoseconds now) {
  const std::int64_t time = now.count();
  static_assert(sizeof packet.hash == sizeof time);
  std::memcpy(&packet.hash, &time, sizeof time);
}
[[nodiscard]] inline Nanoseconds queued_at(const rte_mbuf& packet) {
  std::int64_t time = 0;
  std::memcpy(&time, &packet.hash, sizeof time);
  return Nanoseconds{time};
}

}  // namespace ringroad::sched
