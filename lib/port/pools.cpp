#include "port/pools.hpp"

#include <fmt/format.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ether.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#include <algorithm>

#include "ip/packet.hpp"

namespace ringroad::port {
namespace {

// Two VLAN tags and the FCS, where a device leaves it; and a tag that igb's driver counts twice.
constexpr std::uint16_t kL2Overhead = RTE_ETHER_HDR_LEN + 3 * RTE_VLAN_HLEN + RTE_ETHER_CRC_LEN;

}  // namespace

std::uint16_t buffer_room(std::uint16_t mtu) {
  // Intel's ports are told of buffers in units of 1 KiB (SRRCTL.BSIZEPKT of the 82575 to the X550):
  // of 9088 bytes they use 8192, and a frame of 9018 comes in two pieces, by a slower path.
  constexpr std::uint32_t kUnit = 1024;
  const std::uint32_t frame = std::uint32_t{mtu} + kL2Overhead;
  const std::uint32_t room = RTE_PKTMBUF_HEADROOM + (frame + kUnit - 1) / kUnit * kUnit;
  return static_cast<std::uint16_t>(std::max<std::uint32_t>(RTE_MBUF_DEFAULT_BUF_SIZE, room));
}

std::uint16_t mtu_of(const rte_mempool& pool) {
  // DPDK reads it, and lacks the const.
  const std::uint16_t room = rte_pktmbuf_data_room_size(const_cast<rte_mempool*>(&pool));
  return static_cast<std::uint16_t>(room - RTE_PKTMBUF_HEADROOM - kL2Overhead);
}

Result<Pool> make_pool(const std::string& name, std::uint32_t buffers, std::uint16_t mtu,
                       int node) {
  const std::uint16_t room = buffer_room(mtu);
  constexpr unsigned kCache = 256;
  Pool pool{rte_pktmbuf_pool_create(name.c_str(), buffers, kCache, ip::kPacketPrivateBytes, room,
                                    node < 0 ? SOCKET_ID_ANY : node)};
  if (pool) {
    return pool;
  }
  const std::string missing =
      fmt::format("no memory for {} packet buffers of {} bytes", buffers, room);
  const std::string text = rte_strerror(rte_errno);
  return fail(node < 0 ? fmt::format("{}: {}; raise engine.memory.size or lower "
                                     "engine.memory.buffers",
                                     missing, text)
                       : fmt::format("{} on NUMA node {}: {}; reserve hugepages there "
                                     "(ringroad-bind hugepages SIZE --node {}) or lower "
                                     "engine.memory.buffers",
                                     missing, node, text, node));
}

Result<rte_mempool*> Pools::on(int node) {
  // Memory that is not of hugepages is not of a node either.
  const bool told = node >= 0 && rte_socket_count() > 1 && rte_eal_has_hugepages() != 0;
  const auto made = told ? std::ranges::find(pools_, node, &One::node) : pools_.begin();
  if (made != pools_.end()) {
    return made->pool.get();
  }
  One one{.name = told ? fmt::format("packets-node{}", node) : "packets",
          .node = told ? node : -1,
          .pool = {},
          .low_water = buffers_};
  auto pool = make_pool(one.name, buffers_, mtu_, one.node);
  if (!pool) {
    return std::unexpected{pool.error()};
  }
  one.pool = std::move(*pool);
  pools_.push_back(std::move(one));
  return pools_.back().pool.get();
}

bool Pools::low() const {
  constexpr unsigned kLow = 16;  // less than one in so many is free
  return std::ranges::any_of(pools_, [](const One& one) {
    return rte_mempool_avail_count(one.pool.get()) < one.pool->size / kLow;
  });
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
    levels.push_back({one.name, one.node, one.pool->size, rte_mempool_avail_count(one.pool.get()),
                      one.low_water});
  }
  return levels;
}

std::uint32_t Pools::size() const {
  std::uint32_t buffers = 0;
  for (const One& one : pools_) {
    buffers += one.pool->size;
  }
  return buffers;
}

std::uint32_t Pools::free() const {
  std::uint32_t buffers = 0;
  for (const One& one : pools_) {
    buffers += rte_mempool_avail_count(one.pool.get());
  }
  return buffers;
}

}  // namespace ringroad::port
