// SPDX-License-Identifier: BSD-3-Clause
#include "bench/sched/traffic.hpp"

#include <rte_byteorder.h>
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_udp.h>

#include <stdexcept>

namespace ringroad::bench {
namespace {

// Linux's priorities for these TOS values: bands 0, 1 and 2 of pfifo_fast.
struct Class {
  std::uint8_t tos;
  std::uint8_t priority;
};
constexpr std::array<Class, kTrafficBands> kClasses{{{0x10, 6}, {0x00, 0}, {0x08, 2}}};

struct Headers {
  rte_ether_hdr ethernet;
  rte_ipv4_hdr ip;
  rte_udp_hdr udp;
};
static_assert(sizeof(Headers) == 42);

}  // namespace

Pool make_pool(const char* name) {
  // More buffers than all bands hold.
  constexpr unsigned kBuffers = 16383;
  constexpr unsigned kCache = 256;
  Pool pool{
      rte_pktmbuf_pool_create(name, kBuffers, kCache, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY)};
  if (!pool) {
    throw std::runtime_error{"no memory for packet buffers"};
  }
  return pool;
}

std::uint16_t frame_length(std::mt19937& random) {
  const auto twelfth = static_cast<unsigned>(random() % 12);
  return twelfth < 7 ? 64 : twelfth < 11 ? 576 : 1514;
}

Traffic::Traffic(Mix mix) : pool_{make_pool("traffic")} {
  std::mt19937 random{1};
  frames_.reserve(kFrames);
  for (std::size_t i = 0; i < kFrames; ++i) {
    const auto tenth = static_cast<unsigned>(random() % 10);
    const unsigned mixed = tenth < 1 ? 0 : tenth < 4 ? 1 : 2;
    frames_.push_back({.length = frame_length(random),
                       .band = static_cast<std::uint8_t>(mix == Mix::kMixed ? mixed : 1),
                       .flow = static_cast<std::uint16_t>(random() % kFlows)});
  }
}

void Traffic::next(Burst& burst) {
  if (rte_pktmbuf_alloc_bulk(pool_.get(), burst.packets.data(), kBurst) != 0) {
    throw std::runtime_error{"the buffers ran out: somebody keeps them"};
  }
  for (std::size_t i = 0; i < kBurst; ++i) {
    const Frame& frame = frames_[next_++ % kFrames];
    const Class kind = kClasses.at(frame.band);
    rte_mbuf& packet = *burst.packets[i];
    packet.data_len = frame.length;
    packet.pkt_len = frame.length;
    auto& headers = *rte_pktmbuf_mtod(&packet, Headers*);
    headers = {};
    headers.ethernet.ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4);
    headers.ip.version_ihl = RTE_IPV4_VHL_DEF;
    headers.ip.type_of_service = kind.tos;
    headers.ip.total_length =
        rte_cpu_to_be_16(static_cast<std::uint16_t>(frame.length - RTE_ETHER_HDR_LEN));
    headers.ip.next_proto_id = IPPROTO_UDP;
    headers.ip.src_addr = RTE_BE32(RTE_IPV4(192, 0, 2, 1));
    headers.ip.dst_addr = RTE_BE32(RTE_IPV4(198, 51, 100, 1));
    headers.udp.src_port = rte_cpu_to_be_16(static_cast<std::uint16_t>(1024 + frame.flow));
    burst.priorities[i] = kind.priority;
    burst.bands[i] = frame.band;
    burst.flows[i] = frame.flow;
  }
}

}  // namespace ringroad::bench
