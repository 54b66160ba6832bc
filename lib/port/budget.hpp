// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Limits how many packet buffers of a pool each user may hold. Reception comes first: buffers for
// devices and for packets on their way through workers and TX rings are reserved, and only the
// others may hold waiting packets.
#include <cstdint>

namespace ringroad::port {

// The most buffers that the ports and workers of a pool use.
struct BufferUse {
  std::uint32_t workers = 1;
  std::uint32_t rx = 0;         // in RX rings
  std::uint32_t tx = 0;         // in TX rings
  std::uint32_t tx_queues = 0;  // each has bands before it
};

// The number of packets that a worker may always queue before a port or punt to the control thread.
inline constexpr std::uint32_t kAlwaysWait = 64;

struct Budget {
  std::uint32_t size = 0;     // of the pool
  std::uint32_t devices = 0;  // always in RX rings
  std::uint32_t reserve = 0;  // for packets on their way, so that RX rings can always be refilled
  std::uint32_t waiting = 0;  // for packets that wait

  // The shares of `waiting`; their sum is all of it.
  [[nodiscard]] std::uint32_t bands() const { return waiting - others(); }
  [[nodiscard]] std::uint32_t neighbors() const { return waiting / 4; }
  [[nodiscard]] std::uint32_t reassembly() const { return waiting / 8; }
  [[nodiscard]] std::uint32_t rings() const { return waiting / 8; }  // to the control thread
  [[nodiscard]] std::uint32_t others() const { return neighbors() + reassembly() + rings(); }
  // The budget must leave at least an eighth of the pool for waiting packets.
  [[nodiscard]] bool is_enough() const { return waiting > 0 && waiting >= size / 8; }
};

// The number of free buffers that each thread caches, for a pool of that size.
[[nodiscard]] std::uint32_t cache_size(std::uint32_t size, std::uint32_t threads);
[[nodiscard]] Budget budget_of(std::uint32_t size, const BufferUse& use);
// The smallest pool, in steps of 1024, with a sufficient budget.
[[nodiscard]] std::uint32_t least_buffers(const BufferUse& use);

}  // namespace ringroad::port
