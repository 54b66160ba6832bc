#pragma once
// Packet buffers, on the NUMA nodes of the ports that fill them: what a device writes into another
// node's memory crosses the sockets' link twice, with the core that reads it. Control thread only,
// but for low().
#include <rte_mempool.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace ringroad::port {

struct FreePool {
  void operator()(rte_mempool* pool) const { rte_mempool_free(pool); }
};
using Pool = std::unique_ptr<rte_mempool, FreePool>;

// Bytes of a buffer that takes a frame of `mtu` bytes of payload in one piece, on any device.
[[nodiscard]] std::uint16_t buffer_room(std::uint16_t mtu);
// The largest MTU whose frames fit into a buffer of the pool.
[[nodiscard]] std::uint16_t mtu_of(const rte_mempool& pool);
// Buffers of that room, on that node; on any where it is negative.
[[nodiscard]] Result<Pool> make_pool(const std::string& name, std::uint32_t buffers,
                                     std::uint16_t mtu, int node = -1);

class Pools {
 public:
  // In buffers.
  struct Level {
    std::string name;
    int node = -1;  // negative: the machine has one, or they lie anywhere
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

  // Any thread: whether a pool has few buffers left.
  [[nodiscard]] bool low() const;
  // Now and then, for the low-water marks.
  void look();
  [[nodiscard]] std::vector<Level> levels() const;
  // Of all pools together.
  [[nodiscard]] std::uint32_t size() const;
  [[nodiscard]] std::uint32_t free() const;

 private:
  struct One {
    std::string name;
    int node;
    Pool pool;
    std::uint32_t low_water;
  };

  std::uint32_t buffers_;
  std::uint16_t mtu_;
  std::vector<One> pools_;
};

}  // namespace ringroad::port
