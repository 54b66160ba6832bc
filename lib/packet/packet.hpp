// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A packet is an rte_mbuf whose data begins at the Ethernet header. While it is part of a burst,
// the Burst's arrays say what is known about it. When it leaves the fast path, PacketMeta in the
// mbuf's private area goes with it.
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_mbuf.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

#include "base/ids.hpp"
#include "base/ipv4.hpp"
#include "base/ipv6.hpp"
#include "base/units.hpp"

namespace ringroad {

using Packet = rte_mbuf;

// The kind of address to which the frame was sent: Linux's pkt_type.
enum class L2Class : std::uint8_t { kHost, kBroadcast, kMulticast, kOtherHost };

// Why a worker hands a packet to the control thread.
enum class PuntReason : std::uint8_t {
  kArp,
  kNeighborDiscovery,  // RFC 4861's messages, in the order of ARP's
  kLocal,              // addressed to the router
  kBroadcast,          // addressed to all nodes: it passes INPUT, and nothing wants it
  kUnresolved,         // the neighbor's MAC is not known; the TTL is already decremented
  kFragment,           // it is to be fragmented; the TTL is already decremented
  kOptions,            // its header has options, or hop-by-hop options; not decided yet
  kRedirect,           // a copy of a packet that leaves by the interface on which it arrived
  // The packet is dropped for the reason of that name, and an ICMP error may tell the sender.
  kTtlExceeded,
  kFragmentationNeeded,
  kPacketTooBig,
  kBeyondScope,
  kNoRoute,
  kUnreachable,
  kProhibited,
  kRejected,  // by a rule of the firewall
};

// The offsets, from the start of the header, of the options that the control thread processes (0:
// none), and what it wrote or has to write there: Linux's ip_options.
struct Options {
  std::uint8_t source_route = 0;
  std::uint8_t record_route = 0;
  std::uint8_t timestamp = 0;
  std::uint8_t security_label = 0;  // CIPSO
  bool record_address = false;      // record_route ends with an address of the router
  bool stamp_address = false;       // so does timestamp
  bool stamp_time = false;
  bool changed = false;  // the header's checksum must be computed again
};

// How a rejected packet is answered: by an ICMP error of its family with type "destination
// unreachable" and this code, or by a TCP reset. kUnrouted: this packet has no route yet, so the
// router does not know whether it is the packet's destination.
struct Rejection {
  static constexpr std::uint8_t kTcpReset = 0x7f;
  static constexpr std::uint8_t kUnrouted = 0x80;
};

struct PacketMeta {
  InterfaceId ingress{};
  PortId egress{};  // the port that sends a packet which was handed to a worker
  PuntReason punt{};
  L2Class l2_class{};
  // Of a packet handed to a worker; of kRejected, how it is answered (Rejection).
  std::uint8_t priority = 0;
  std::uint8_t worker = 0;  // it punted the packet and sends it, so that flows keep their order
  Options options{};
};
static_assert(sizeof(PacketMeta) == 16);
// The private area of a pool's buffers is a whole cache line, so that a frame begins at a cache
// line too and a short frame lies in one line, not two.
inline constexpr std::uint16_t kPacketPrivateBytes = RTE_CACHE_LINE_SIZE;

[[nodiscard]] inline PacketMeta& meta(Packet& packet) {
  return *static_cast<PacketMeta*>(rte_mbuf_to_priv(&packet));
}

inline constexpr std::uint16_t kL2Bytes = RTE_ETHER_HDR_LEN;
// The first octet of a header of 20 bytes.
inline constexpr std::uint8_t kVersion4NoOptions = 0x45;

[[nodiscard]] inline std::uint8_t* frame(Packet& packet) {
  return rte_pktmbuf_mtod(&packet, std::uint8_t*);
}
// Returns where the frame of a packet that was just received lies, computed without reading the
// mbuf; for prefetches only.
[[nodiscard]] inline const std::byte* expected_frame(const Packet& packet) {
  return reinterpret_cast<const std::byte*>(&packet + 1) + kPacketPrivateBytes +
         RTE_PKTMBUF_HEADROOM;
}
// Valid once input() accepted the packet: the IPv4 header is complete and contiguous.
[[nodiscard]] inline rte_ipv4_hdr& ipv4(Packet& packet) {
  return *rte_pktmbuf_mtod_offset(&packet, rte_ipv4_hdr*, kL2Bytes);
}
[[nodiscard]] inline std::uint16_t header_bytes(const rte_ipv4_hdr& header) {
  return static_cast<std::uint16_t>((header.version_ihl & 0xfU) * 4U);
}

[[nodiscard]] inline bool is_fragment(const rte_ipv4_hdr& header) {
  constexpr std::uint16_t kMoreOrOffset = RTE_IPV4_HDR_MF_FLAG | RTE_IPV4_HDR_OFFSET_MASK;
  return (header.fragment_offset & rte_cpu_to_be_16(kMoreOrOffset)) != 0;
}

[[nodiscard]] inline Ipv4 source_of(Packet& packet) {
  return Ipv4{be32::from_wire(ipv4(packet).src_addr)};
}
[[nodiscard]] inline Ipv4 destination_of(Packet& packet) {
  return Ipv4{be32::from_wire(ipv4(packet).dst_addr)};
}

// Valid once ip6::input() accepted the packet: the fixed header is complete and contiguous.
[[nodiscard]] inline rte_ipv6_hdr& ipv6(Packet& packet) {
  return *rte_pktmbuf_mtod_offset(&packet, rte_ipv6_hdr*, kL2Bytes);
}
[[nodiscard]] inline Ipv6 source6_of(Packet& packet) { return Ipv6::read(ipv6(packet).src_addr); }
[[nodiscard]] inline Ipv6 destination6_of(Packet& packet) {
  return Ipv6::read(ipv6(packet).dst_addr);
}
[[nodiscard]] inline bool is_ipv6(Packet& packet) {
  std::uint16_t type = 0;
  std::memcpy(&type, frame(packet) + RTE_ETHER_HDR_LEN - sizeof type, sizeof type);
  return type == RTE_BE16(RTE_ETHER_TYPE_IPV6);
}

// The same by its IP version: a packet that the router composed has no Ethernet header yet.
[[nodiscard]] inline bool is_version6(Packet& packet) { return frame(packet)[kL2Bytes] >> 4U == 6; }

// Whether the IP packet is longer than the MTU, so that it must be fragmented or refused.
[[nodiscard]] inline bool exceeds(const Packet& packet, std::uint16_t mtu) {
  return packet.pkt_len > std::uint32_t{mtu} + kL2Bytes;
}

// Truncates the packet to `length` bytes, Ethernet header included, and frees the buffers behind.
inline void set_length(Packet& packet, std::uint32_t length) {
  if (packet.pkt_len <= length) {
    return;
  }
  if (packet.nb_segs == 1) [[likely]] {
    packet.pkt_len = length;
    packet.data_len = static_cast<std::uint16_t>(length);
    return;
  }
  Packet* segment = &packet;
  std::uint16_t segments = 1;
  std::uint32_t left = length;
  while (left > segment->data_len) {
    left -= segment->data_len;
    segment = segment->next;
    ++segments;
  }
  segment->data_len = static_cast<std::uint16_t>(left);
  rte_pktmbuf_free(segment->next);
  segment->next = nullptr;
  packet.pkt_len = length;
  packet.nb_segs = segments;
}

// The same for packets of one segment each, all at once. `totals`: the lengths of the IPv4 packets.
inline void trim(Packet* const* packets, std::span<const std::uint32_t> totals) {
  for (std::size_t i = 0; i < totals.size(); ++i) {
    packets[i]->pkt_len = totals[i] + kL2Bytes;
    packets[i]->data_len = static_cast<std::uint16_t>(totals[i] + kL2Bytes);
  }
}

// The number of pool buffers that the packet occupies: its own, and those that its segments refer
// to, which other packets may refer to as well.
[[nodiscard]] inline std::uint32_t buffers_of(const Packet& packet) {
  std::uint32_t buffers = 0;
  for (const Packet* segment = &packet; segment != nullptr; segment = segment->next) {
    buffers += RTE_MBUF_CLONED(segment) ? 2 : 1;
  }
  return buffers;
}

// The memory that a waiting packet occupies: the size of its buffers, not its length (Linux's
// truesize).
[[nodiscard]] inline Bytes footprint(const Packet& packet) {
  std::uint64_t bytes = 0;
  for (const Packet* segment = &packet; segment != nullptr; segment = segment->next) {
    bytes += sizeof(Packet) + kPacketPrivateBytes + segment->buf_len;
  }
  return Bytes{bytes};
}

// Returns a packet to its pool. OwnedPacket is for code off the fast path.
struct FreePacket {
  void operator()(Packet* packet) const { rte_pktmbuf_free(packet); }
};
using OwnedPacket = std::unique_ptr<Packet, FreePacket>;

}  // namespace ringroad
