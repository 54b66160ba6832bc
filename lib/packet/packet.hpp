// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A packet is an rte_mbuf whose data begins at the Ethernet header. What the main line knows of it
// stands in the Burst; what must go with it when it leaves the main line stands in the mbuf's
// private area, here.
#include <rte_ether.h>
#include <rte_ip.h>
#include <rte_mbuf.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/ids.hpp"
#include "base/ipv4.hpp"
#include "base/units.hpp"

namespace ringroad {

using Packet = rte_mbuf;

// Whom the frame was sent to: Linux's pkt_type.
enum class L2Class : std::uint8_t { kHost, kBroadcast, kMulticast };

// Why a worker hands a packet to the control thread.
enum class PuntReason : std::uint8_t {
  kArp,
  kLocal,       // addressed to the router
  kUnresolved,  // the neighbor's MAC is not known; TTL already decremented
  kFragment,    // larger than the egress MTU, may be cut; TTL already decremented
  kOptions,     // its header has options; nothing is decided yet
  kRedirect,    // a copy: the packet leaves by the port it came by
  // These are dropped for the reason of their name, and an ICMP error may tell the sender.
  kTtlExceeded,
  kFragmentationNeeded,
  kNoRoute,
  kUnreachable,
  kProhibited,
};

// Where the options stand that the control thread acts on, from the start of the header (0: there
// is none), and what it wrote or is to write there: Linux's ip_options.
struct Options {
  std::uint8_t source_route = 0;
  std::uint8_t record_route = 0;
  std::uint8_t timestamp = 0;
  std::uint8_t security_label = 0;  // CIPSO
  bool record_address = false;      // our address is the last in record_route
  bool stamp_address = false;       // and in timestamp
  bool stamp_time = false;
  bool changed = false;  // the header's checksum is to be mended
};

struct PacketMeta {
  InterfaceId ingress{};
  PortId egress{};  // where a packet handed to a worker goes
  PuntReason punt{};
  L2Class l2_class{};
  std::uint8_t priority = 0;  // of a packet handed to a worker
  std::uint8_t worker = 0;    // that punted it: what comes back to it keeps the flow's order
  Options options{};
};
static_assert(sizeof(PacketMeta) == 16);
// What a pool's buffers reserve for it: a whole cache line, so that the frame, behind the headroom,
// begins at one too and a short frame is one line, not two.
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
// The same of a packet fresh from a port and its pool, without a look at it: good enough to fetch
// it.
[[nodiscard]] inline const std::byte* expected_frame(const Packet& packet) {
  return reinterpret_cast<const std::byte*>(&packet + 1) + kPacketPrivateBytes +
         RTE_PKTMBUF_HEADROOM;
}
// Good where the main line accepted the packet: the IPv4 header is complete and contiguous.
[[nodiscard]] inline rte_ipv4_hdr& ipv4(Packet& packet) {
  return *rte_pktmbuf_mtod_offset(&packet, rte_ipv4_hdr*, kL2Bytes);
}
[[nodiscard]] inline std::uint16_t header_bytes(const rte_ipv4_hdr& header) {
  return static_cast<std::uint16_t>((header.version_ihl & 0xfU) * 4U);
}

[[nodiscard]] inline Ipv4 source_of(Packet& packet) {
  return Ipv4{be32::from_wire(ipv4(packet).src_addr)};
}
[[nodiscard]] inline Ipv4 destination_of(Packet& packet) {
  return Ipv4{be32::from_wire(ipv4(packet).dst_addr)};
}

// Its total length is more than that: it must be cut, or refused.
[[nodiscard]] inline bool exceeds(const Packet& packet, std::uint16_t mtu) {
  return packet.pkt_len > std::uint32_t{mtu} + kL2Bytes;
}

// Cuts what is behind the first `length` bytes, Ethernet header included, and frees its buffers.
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

// The same of packets of one segment, all together: Ethernet padding goes, so that nothing after it
// is taken for payload. `totals`: the lengths of the IPv4 packets.
inline void trim(Packet* const* packets, std::span<const std::uint32_t> totals) {
  for (std::size_t i = 0; i < totals.size(); ++i) {
    packets[i]->pkt_len = totals[i] + kL2Bytes;
    packets[i]->data_len = static_cast<std::uint16_t>(totals[i] + kL2Bytes);
  }
}

// Buffers of a pool that the packet keeps from others: its own, and those that its segments refer
// to, which other packets may refer to as well.
[[nodiscard]] inline std::uint32_t buffers_of(const Packet& packet) {
  std::uint32_t buffers = 0;
  for (const Packet* segment = &packet; segment != nullptr; segment = segment->next) {
    buffers += RTE_MBUF_CLONED(segment) ? 2 : 1;
  }
  return buffers;
}

// What a packet that waits keeps from others: its buffers, not its length (Linux's truesize).
[[nodiscard]] inline Bytes footprint(const Packet& packet) {
  std::uint64_t bytes = 0;
  for (const Packet* segment = &packet; segment != nullptr; segment = segment->next) {
    bytes += sizeof(Packet) + kPacketPrivateBytes + segment->buf_len;
  }
  return Bytes{bytes};
}

// Owns a packet off the main line: returns it to its pool.
struct FreePacket {
  void operator()(Packet* packet) const { rte_pktmbuf_free(packet); }
};
using OwnedPacket = std::unique_ptr<Packet, FreePacket>;

}  // namespace ringroad
