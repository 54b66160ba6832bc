// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Packet buffers on the NUMA nodes of the ports that fill them: data that a device writes into
// another node's memory crosses the link between sockets twice if its worker reads it. Control
// thread only, except for functions that any thread may call.
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

// The size of a buffer that holds a frame with `mtu` bytes of payload in one segment, on any
// device.
[[nodiscard]] std::uint16_t buffer_room(std::uint16_t mtu);
// The largest MTU with frames that fit into one buffer of the pool.
[[nodiscard]] std::uint16_t mtu_of(const rte_mempool& pool);
// Makes buffers for that MTU on the given NUMA node, or on any.
[[nodiscard]] Result<Pool> make_pool(const std::string& name, std::uint32_t buffers,
                                     std::uint16_t mtu, int node = SOCKET_ID_ANY);

class Pools {
 public:
  // All numbers are buffers.
  struct Level {
    std::string name;
    int node = SOCKET_ID_ANY;  // SOCKET_ID_ANY on a machine with a single node
    std::uint32_t size = 0;
    std::uint32_t free = 0;
    std::uint32_t low_water = 0;  // the lowest number of free buffers that was seen
  };

  // Each pool has this many buffers, sized for this MTU.
  Pools(std::uint32_t buffers, std::uint16_t mtu) : buffers_{buffers}, mtu_{mtu} {}

  // The pool of a node, created by the first call for it. Without a node, or on a machine with a
  // single node, the first pool.
  [[nodiscard]] Result<rte_mempool*> on(int node);
  // The first pool, for packets that the router originates.
  [[nodiscard]] rte_mempool& first() const { return *pools_.front().pool; }

  // Called before the workers run. No pool is made afterwards.
  void close() { closed_ = true; }
  // The number of buffers of each pool.
  [[nodiscard]] std::uint32_t each() const { return buffers_; }

  // Sets how many buffers of each pool waiting packets may hold.
  void set_budget(const Budget& budget) {
    budget_ = budget;
    reserve_.store(budget.reserve, std::memory_order_relaxed);
    others_.store(budget.others(), std::memory_order_relaxed);
  }
  // Control thread only.
  [[nodiscard]] const Budget& budget() const { return budget_; }
  // Called periodically: the buffers of packets that wait elsewhere than in bands.
  void set_others_held(std::uint32_t buffers) {
    if (buffers != others_held_.load(std::memory_order_relaxed)) {
      others_held_.store(buffers, std::memory_order_relaxed);
    }
  }
  // Called by any thread: the buffers that waiting packets may still use, without the reserve.
  [[nodiscard]] std::uint32_t spare() const;
  // Called by any thread: the number of packets that the bands of one TX queue may hold at present,
  // a multiple of what is left of the share of all bands.
  [[nodiscard]] std::uint32_t bands_most() const;

  // Called by any thread: whether a pool has few free buffers.
  [[nodiscard]] bool low() const;
  // Called periodically: updates the low-water marks.
  void look();
  [[nodiscard]] std::vector<Level> levels() const;
  // The sums over all pools.
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
  bool closed_ = false;
  Budget budget_;
  // Of the budget, for any thread.
  std::atomic<std::uint32_t> reserve_{0};
  std::atomic<std::uint32_t> others_{0};
  alignas(kCacheLine) std::atomic<std::uint32_t> others_held_{0};
};

}  // namespace ringroad::port
