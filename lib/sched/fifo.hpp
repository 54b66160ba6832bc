#pragma once
// One band: packets first in first out, at most `limit` of them. One thread's own.
#include <bit>
#include <cstdint>
#include <memory>

struct rte_mbuf;

namespace ringroad::sched {

class Fifo {
 public:
  Fifo() = default;
  explicit Fifo(std::uint32_t limit)
      : limit_{limit},
        mask_{std::bit_ceil(limit) - 1},
        slots_{std::make_unique<rte_mbuf*[]>(std::bit_ceil(limit))} {}

  [[nodiscard]] std::uint32_t size() const { return tail_ - head_; }
  [[nodiscard]] bool full() const { return size() >= limit_; }
  // Not when full.
  void push(rte_mbuf* packet) { slots_[tail_++ & mask_] = packet; }
  // Not when empty.
  [[nodiscard]] rte_mbuf* front() const { return slots_[head_ & mask_]; }
  rte_mbuf* pop() { return slots_[head_++ & mask_]; }

 private:
  std::uint32_t limit_ = 0;
  std::uint32_t mask_ = 0;
  std::uint32_t head_ = 0;  // both run on and wrap together
  std::uint32_t tail_ = 0;
  std::unique_ptr<rte_mbuf*[]> slots_;
};

}  // namespace ringroad::sched
