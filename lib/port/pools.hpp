// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Packet buffers, on the NUMA nodes of the ports that fill them: what a device writes into another
// node's memory crosses the sockets' link twice, with the core that reads it. Control thread only,
// but for what says that any thread may call it.
#include <rte_mempool.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/own_lines.hpp"
#include "port/budget.hpp"

namespace ringroad::port {

struct FreePool {
  void operator()(rte_mempool* pool) const { rte_mempool_free(pool); }
};
using Pool = std::unique_ptr<rte_mempool, FreePool>;

// Bytes of a buffer that takes a frame of `mtu` bytes of payload in one piece, on any device.
[[nodiscard]] std::uint16_t buffer_room(std::uint16_t mtu);
// The largest MTU whose frames fit into a buffer of the pool.
[[nodiscard]] std::uint16_t mtu_of(const rte_mempool& pool);
// Buffers of that room, on that NUMA node or on any.
[[nodiscard]] Result<Pool> make_pool(const std::string& name, std::uint32_t buffers,
                                     std::uint16_t mtu, int node = SOCKET_ID_ANY);

class Pools {
 public:
  // In buffers.
  struct Level {
    std::string name;
    int node = SOCKET_ID_ANY;  // or the machine has but one
    std::uint32_t size = 0;
    std::uint32_t free = 0;
    std::uint32_t low_water = 0;  // free at the worst moment seen
  };

  // Each pool has so many buffers, of that MTU's size.
  Pools(std::uint32_t buffers, std::uint16_t mtu) : buffers_{buffers}, mtu_{mtu} {}

  // The pool of a node, made by who asks first. Without a node, or on a machine of one, it is the
  // first of all.
  [[nodiscard]] Result<rte_mempool*> on(int node);
  // The first, for packets of the router's own.
  [[nodiscard]] rte_mempool& first() const { return *pools_.front().pool; }

  // Before the workers run: what of each pool may wait.
  void set_budget(const Budget& budget) { budget_ = budget; }
  [[nodiscard]] const Budget& budget() const { return budget_; }
  // Now and then: buffers of packets that wait elsewhere than in bands.
  void set_others_held(std::uint32_t buffers) {
    if (buffers != others_held_.load(std::memory_order_relaxed)) {
      others_held_.store(buffers, std::memory_order_relaxed);
    }
  }
  // Any thread: buffers that packets that wait may still take; the reserve is not theirs.
  [[nodiscard]] std::uint32_t spare() const;
  // Any thread: packets that the bands of one TX queue may hold at the moment: so many times what
  // is left of the share of all bands.
  [[nodiscard]] std::uint32_t bands_most() const;

  // Any thread: whether a pool has few buffers left.
  [[nodiscard]] bool low() const;
  // Now and then, for the low-water marks.
  void look();
  [[nodiscard]] std::vector<Level> levels() const;
  // Of all pools together.
  [[nodiscard]] std::uint32_t size() const {
    return buffers_ * static_cast<std::uint32_t>(pools_.size());
  }
  [[nodiscard]] std::uint32_t free() const;

 private:
  struct One {
    int node;
    Pool pool;
    std::uint32_t low_water;
  };

  std::uint32_t buffers_;
  std::uint16_t mtu_;
  std::vector<One> pools_;
  Budget budget_;
  alignas(kCacheLine) std::atomic<std::uint32_t> others_held_{0};
};

}  // namespace ringroad::port
