// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// IPv6 packets of every shape for the unit tests, in buffers on plain memory instead of an EAL's.
#include <netinet/in.h>
#include <rte_mempool.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>
#include <initializer_list>
#include <new>
#include <vector>

#include "base/ipv6.hpp"
#include "packet/packet.hpp"

namespace ringroad::ip6 {

using Octets = std::vector<std::uint8_t>;
using Sizes = std::initializer_list<std::size_t>;

inline const Ipv6 kHost = *Ipv6::parse("2001:db8::1");
inline const Ipv6 kRouter = *Ipv6::parse("2001:db8:1::fe");

// A pool whose buffers are allocated and freed one by one, so that a sanitizer sees each misuse.
class Pool {
 public:
  Pool() {
    mempool_.pool.pool_data = this;
    mempool_.pool.ops_index = ops();
    mempool_.pool.size = 1;
    mempool_.pool.private_data_size = sizeof mempool_.own;
    mempool_.own.mbuf_data_room_size = kRoom;
    mempool_.own.mbuf_priv_size = kPacketPrivateBytes;
  }
  ~Pool() { CHECK(in_use == 0); }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  [[nodiscard]] rte_mempool& get() { return mempool_.pool; }

  std::size_t in_use = 0;
  std::size_t most = 100'000;

 private:
  static constexpr std::uint16_t kRoom = RTE_PKTMBUF_HEADROOM + 2048;
  // DPDK reads the header in front of an object.
  static constexpr std::size_t kHeader = RTE_CACHE_LINE_SIZE;
  static_assert(sizeof(rte_mempool_objhdr) <= kHeader);
  struct alignas(RTE_CACHE_LINE_SIZE) WithPrivate {
    rte_mempool pool;
    rte_pktmbuf_pool_private own;
  };

  static int take(rte_mempool* mempool, void** objects, unsigned count) {
    Pool& pool = *static_cast<Pool*>(mempool->pool_data);
    if (pool.in_use + count > pool.most) {
      return -1;
    }
    for (unsigned i = 0; i < count; ++i) {
      auto* const memory = static_cast<char*>(std::aligned_alloc(
          RTE_CACHE_LINE_SIZE, kHeader + sizeof(rte_mbuf) + kPacketPrivateBytes + kRoom));
      new (memory) rte_mempool_objhdr{};
      auto* const buffer = new (memory + kHeader) rte_mbuf{};
      buffer->priv_size = kPacketPrivateBytes;
      buffer->buf_addr = memory + kHeader + sizeof(rte_mbuf) + kPacketPrivateBytes;
      buffer->buf_len = kRoom;
      buffer->pool = mempool;
      buffer->refcnt = 1;
      buffer->nb_segs = 1;
      objects[i] = buffer;
    }
    pool.in_use += count;
    return 0;
  }
  static int give(rte_mempool* mempool, void* const* objects, unsigned count) {
    static_cast<Pool*>(mempool->pool_data)->in_use -= count;
    for (unsigned i = 0; i < count; ++i) {
      std::free(static_cast<char*>(objects[i]) - kHeader);
    }
    return 0;
  }
  static int ops() {
    static const int index = [] {
      rte_mempool_ops operations{};
      std::strcpy(operations.name, "memory");
      operations.alloc = [](rte_mempool*) { return 0; };
      operations.enqueue = give;
      operations.dequeue = take;
      operations.get_count = [](const rte_mempool*) { return 0U; };
      return rte_mempool_register_ops(&operations);
    }();
    REQUIRE(index >= 0);
    return index;
  }

  WithPrivate mempool_{};
};

// The frame of a packet from kHost to kRouter whose fixed header names `protocol` first.
inline Octets frame_of(std::uint8_t protocol, const Octets& payload, Ipv6 destination = kRouter,
                       Ipv6 source = kHost) {
  Octets frame(kL2Bytes + sizeof(rte_ipv6_hdr));
  frame[12] = 0x86;
  frame[13] = 0xdd;
  frame[14] = 0x60;
  frame[18] = static_cast<std::uint8_t>(payload.size() >> 8U);
  frame[19] = static_cast<std::uint8_t>(payload.size());
  frame[20] = protocol;
  frame[21] = 64;
  source.write(&frame[22]);
  destination.write(&frame[38]);
  frame.insert(frame.end(), payload.begin(), payload.end());
  return frame;
}

// Returns the packet in buffers of at most `segment` octets; the first holds the fixed header too.
inline OwnedPacket packet_of(Pool& pool, const Octets& frame, std::size_t segment = 2000) {
  OwnedPacket packet;
  rte_mbuf* last = nullptr;
  for (std::size_t at = 0; at < frame.size();) {
    const std::size_t most =
        at == 0 ? std::max<std::size_t>(segment, kL2Bytes + sizeof(rte_ipv6_hdr)) : segment;
    const std::size_t here = std::min(most, frame.size() - at);
    rte_mbuf* const buffer = rte_pktmbuf_alloc(&pool.get());
    REQUIRE(buffer != nullptr);
    std::memcpy(rte_pktmbuf_append(buffer, static_cast<std::uint16_t>(here)), &frame[at], here);
    if (last == nullptr) {
      packet.reset(buffer);
      meta(*buffer) = {};
    } else {
      last->next = buffer;
      ++packet->nb_segs;
      packet->pkt_len += static_cast<std::uint32_t>(here);
    }
    last = buffer;
    at += here;
  }
  return packet;
}

// Returns the frame of a packet, and checks that its buffers agree with what the first says.
inline Octets octets_of(const rte_mbuf& packet) {
  Octets octets;
  unsigned segments = 0;
  for (const rte_mbuf* segment = &packet; segment != nullptr; segment = segment->next) {
    const auto* const data = rte_pktmbuf_mtod(segment, const std::uint8_t*);
    octets.insert(octets.end(), data, data + segment->data_len);
    ++segments;
  }
  CHECK(octets.size() == packet.pkt_len);
  CHECK(segments == packet.nb_segs);
  return octets;
}

inline Octets operator+(Octets left, const Octets& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

// An options header of this content, to which padding is added.
inline Octets options_header(std::uint8_t next, Octets options) {
  Octets header{next, 0};
  header = header + options;
  const std::size_t padding = (8 - header.size() % 8) % 8;
  if (padding == 1) {
    header.push_back(0);
  } else if (padding > 1) {
    header.push_back(1);
    header.push_back(static_cast<std::uint8_t>(padding - 2));
    header.resize(header.size() + padding - 2);
  }
  header[1] = static_cast<std::uint8_t>(header.size() / 8 - 1);
  return header;
}
inline Octets routing_header(std::uint8_t next, std::uint8_t type, std::uint8_t left) {
  return {next, 0, type, left, 0, 0, 0, 0};
}
inline Octets fragment_header(std::uint8_t next, std::uint16_t offset, bool more,
                              std::uint32_t identification = 7) {
  const auto word = static_cast<std::uint16_t>(offset | (more ? 1U : 0U));
  return {next,
          0,
          static_cast<std::uint8_t>(word >> 8U),
          static_cast<std::uint8_t>(word),
          static_cast<std::uint8_t>(identification >> 24U),
          static_cast<std::uint8_t>(identification >> 16U),
          static_cast<std::uint8_t>(identification >> 8U),
          static_cast<std::uint8_t>(identification)};
}
inline Octets counting(std::size_t bytes, std::uint8_t first = 0) {
  Octets octets(bytes);
  for (std::size_t i = 0; i < bytes; ++i) {
    octets[i] = static_cast<std::uint8_t>(first + i * 7 + i / 256);
  }
  return octets;
}

}  // namespace ringroad::ip6
