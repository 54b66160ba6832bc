// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A FIFO with limits in packets and bytes (tc's pfifo and bfifo).
#include <rte_mbuf.h>
#include <rte_prefetch.h>

#include <bit>
#include <cstdint>

#include "base/own_lines.hpp"
#include "sched/discipline.hpp"
#include "sched/queue.hpp"

namespace ringroad::sched {

class Fifo {
 public:
  Fifo() = default;
  explicit Fifo(const BandSettings& settings)
      : limit_{settings.limit},
        limit_bytes_{settings.limit_bytes.count},
        mask_{std::bit_ceil(settings.limit) - 1},
        slots_(std::bit_ceil(settings.limit)) {}

  [[nodiscard]] std::uint32_t packets() const { return tail_ - head_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  // The length of the next packet; the queue must not be empty.
  [[nodiscard]] std::uint32_t next_bytes() const { return slots_[head_ & mask_]->pkt_len; }

  template <DropFunction Drop>
  void push(rte_mbuf* packet, Drop&& drop) {
    if (packets() >= limit_ || bytes_ + packet->pkt_len > limit_bytes_) [[unlikely]] {
      drop(packet, Lost::kFull);
      return;
    }
    slots_[tail_++ & mask_] = packet;
    bytes_ += packet->pkt_len;
  }
  // Returns null if the queue is empty or its next packet is longer than `longest`.
  template <DropFunction Drop>
  rte_mbuf* pop(Nanoseconds /*now*/, std::uint64_t longest, Drop&& /*drop*/) {
    return packets() > 0 && next_bytes() <= longest ? pop() : nullptr;
  }
  // The queue must not be empty.
  rte_mbuf* pop() {
    rte_mbuf* const packet = slots_[head_++ & mask_];
    // Packets further back have waited long enough to be evicted from the L1 cache.
    rte_prefetch0(slots_[(head_ + kAhead) & mask_]);
    bytes_ -= packet->pkt_len;
    return packet;
  }
  // Removes the oldest packet; the queue must not be empty.
  rte_mbuf* shed() { return pop(); }
  template <class Take>
  void clear(Take&& take) {
    while (packets() > 0) {
      take(pop());
    }
  }

 private:
  static constexpr std::uint32_t kAhead = 8;

  std::uint32_t limit_ = 0;
  std::uint64_t limit_bytes_ = 0;
  std::uint32_t mask_ = 0;
  std::uint32_t head_ = 0;  // both indices increase and wrap around
  std::uint32_t tail_ = 0;
  std::uint64_t bytes_ = 0;
  OwnLinesVector<rte_mbuf*> slots_;
};
static_assert(Queue<Fifo>);

}  // namespace ringroad::sched
