// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Who may hold how many packet buffers of a pool. Reception comes first: what devices keep, and
// what is on its way through workers and TX rings, is set aside; only the rest may wait anywhere.
#include <cstdint>

namespace ringroad::port {

// Of a pool, by its ports and workers, at the most.
struct BufferUse {
  std::uint32_t workers = 1;
  std::uint32_t rx = 0;         // in RX rings
  std::uint32_t tx = 0;         // in TX rings
  std::uint32_t tx_queues = 0;  // before each there are bands
};

// Packets that one worker always may queue before a port, or hand up to the control thread.
inline constexpr std::uint32_t kAlwaysWait = 64;

struct Budget {
  std::uint32_t size = 0;     // of the pool
  std::uint32_t devices = 0;  // in RX rings, always
  std::uint32_t reserve = 0;  // for packets on their way, so that RX rings are always filled again
  std::uint32_t waiting = 0;  // what is left for packets that wait

  // Shares of that, and together all of it.
  [[nodiscard]] std::uint32_t bands() const { return waiting - others(); }
  [[nodiscard]] std::uint32_t neighbors() const { return waiting / 4; }
  [[nodiscard]] std::uint32_t reassembly() const { return waiting / 8; }
  [[nodiscard]] std::uint32_t rings() const { return waiting / 8; }  // to the control thread
  [[nodiscard]] std::uint32_t others() const { return neighbors() + reassembly() + rings(); }
  // Less than an eighth to wait would not do.
  [[nodiscard]] bool is_enough() const { return waiting > 0 && waiting >= size / 8; }
};

// Free buffers that each thread keeps for itself, of a pool of that size.
[[nodiscard]] std::uint32_t cache_size(std::uint32_t size, std::uint32_t threads);
[[nodiscard]] Budget budget_of(std::uint32_t size, const BufferUse& use);
// The smallest pool, in steps of 1024, whose budget is enough.
[[nodiscard]] std::uint32_t least_buffers(const BufferUse& use);

}  // namespace ringroad::port
