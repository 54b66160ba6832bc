// SPDX-License-Identifier: BSD-3-Clause
#include "port/pools.hpp"

#include <fmt/format.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ether.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#include <algorithm>

#include "packet/packet.hpp"

namespace ringroad::port {
namespace {

// Two VLAN tags, the FCS if a device leaves it, and a tag that igb's driver counts twice.
constexpr std::uint16_t kL2Overhead = RTE_ETHER_HDR_LEN + 3 * RTE_VLAN_HLEN + RTE_ETHER_CRC_LEN;
// A single queue with waiting packets may hold up to four fifths of the bands' share; if many
// queues have waiting packets, each may hold the same (Choudhury and Hahne, "Dynamic queue length
// thresholds for shared-memory packet switches", 1998).
constexpr std::uint32_t kBandsOfLeft = 4;

// The free buffers outside the threads' caches: unlike rte_mempool_avail_count(), this does not
// read every thread's cache.
unsigned common_count(const rte_mempool& pool) {
  return rte_mempool_get_ops(pool.ops_index)->get_count(&pool);
}

}  // namespace

std::uint16_t buffer_room(std::uint16_t mtu) {
  // Intel's devices take the buffer size in units of 1 KiB (SRRCTL.BSIZEPKT of the 82575 to the
  // X550): of 9088 bytes they use 8192, and a frame of 9018 bytes arrives in two segments, by a
  // slower path.
  constexpr std::uint32_t kUnit = 1024;
  const std::uint32_t frame = std::uint32_t{mtu} + kL2Overhead;
  const std::uint32_t room = RTE_PKTMBUF_HEADROOM + (frame + kUnit - 1) / kUnit * kUnit;
  return static_cast<std::uint16_t>(std::max<std::uint32_t>(RTE_MBUF_DEFAULT_BUF_SIZE, room));
}

std::uint16_t mtu_of(const rte_mempool& pool) {
  // DPDK only reads the pool, but its parameter is not const.
  const std::uint16_t room = rte_pktmbuf_data_room_size(const_cast<rte_mempool*>(&pool));
  return static_cast<std::uint16_t>(room - RTE_PKTMBUF_HEADROOM - kL2Overhead);
}

Result<Pool> make_pool(const std::string& name, std::uint32_t buffers, std::uint16_t mtu,
                       int node) {
  const std::uint16_t room = buffer_room(mtu);
  const std::uint32_t cache = cache_size(buffers, rte_lcore_count());
  Pool pool{rte_pktmbuf_pool_create(name.c_str(), buffers, cache, kPacketPrivateBytes, room, node)};
  if (pool) {
    return pool;
  }
  const std::string missing =
      fmt::format("no memory for {} packet buffers of {} bytes", buffers, room);
  const std::string text = rte_strerror(rte_errno);
  return fail(node == SOCKET_ID_ANY
                  ? fmt::format("{}: {}; raise engine.memory.size or lower "
                                "engine.memory.buffers",
                                missing, text)
                  : fmt::format("{} on NUMA node {}: {}; reserve hugepages there "
                                "(ringroad-bind hugepages SIZE --node {}) or lower "
                                "engine.memory.buffers",
                                missing, node, text, node));
}

Result<rte_mempool*> Pools::on(int node) {
  // Memory without hugepages is not bound to a NUMA node.
  const bool told = node >= 0 && rte_socket_count() > 1 && rte_eal_has_hugepages() != 0;
  const auto made = told ? std::ranges::find(pools_, node, &One::node) : pools_.begin();
  if (made != pools_.end()) {
    return made->pool.get();
  }
  if (closed_) {
    return fail(
        fmt::format("there are no packet buffers on its NUMA node {}: it needs a restart", node));
  }
  auto pool = told ? make_pool(fmt::format("packets-node{}", node), buffers_, mtu_, node)
                   : make_pool("packets", buffers_, mtu_);
  if (!pool) {
    return std::unexpected{pool.error()};
  }
  pools_.push_back({told ? node : SOCKET_ID_ANY, std::move(*pool), buffers_});
  return pools_.back().pool.get();
}

bool Pools::low() const {
  constexpr unsigned kLow = 16;  // a pool is low if less than 1/16 is free
  return std::ranges::any_of(pools_, [this](const One& one) {
    return rte_mempool_avail_count(one.pool.get()) < buffers_ / kLow;
  });
}

std::uint32_t Pools::spare() const {
  std::uint32_t least = ~0U;
  for (const One& one : pools_) {
    least = std::min(least, common_count(*one.pool));
  }
  const std::uint32_t reserve = reserve_.load(std::memory_order_relaxed);
  return least > reserve ? least - reserve : 0;
}

std::uint32_t Pools::bands_most() const {
  const std::uint32_t held = others_held_.load(std::memory_order_relaxed);
  const std::uint32_t others = others_.load(std::memory_order_relaxed);
  const std::uint32_t others_left = others - std::min(held, others);
  const std::uint32_t spare = this->spare();
  const std::uint32_t left = spare > others_left ? spare - others_left : 0;
  return std::max(kAlwaysWait, kBandsOfLeft * left);
}

void Pools::look() {
  for (One& one : pools_) {
    one.low_water = std::min(one.low_water, rte_mempool_avail_count(one.pool.get()));
  }
}

std::vector<Pools::Level> Pools::levels() const {
  std::vector<Level> levels;
  levels.reserve(pools_.size());
  for (const One& one : pools_) {
    levels.push_back({one.pool->name, one.node, buffers_, rte_mempool_avail_count(one.pool.get()),
                      one.low_water});
  }
  return levels;
}

std::uint32_t Pools::free() const {
  std::uint32_t buffers = 0;
  for (const One& one : pools_) {
    buffers += rte_mempool_avail_count(one.pool.get());
  }
  return buffers;
}

}  // namespace ringroad::port
