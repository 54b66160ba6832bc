// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The concept of a band's queue, which reports the packets that it loses. Owned by one worker.
#include <rte_mbuf.h>

#include <concepts>
#include <cstdint>
#include <cstring>

#include "base/units.hpp"

namespace ringroad::sched {

// Why a queue did not keep a packet.
enum class Lost : std::uint8_t {
  kFull,     // beyond a limit
  kManaged,  // active queue management (RFC 7567)
  kMemory,   // beyond the bands' share of the packet buffers
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

// Stores the time at which a packet was queued in its buffer's first cache line: in the field that
// DPDK reserves for a packet's scheduler, which no driver reads in transmission.
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
