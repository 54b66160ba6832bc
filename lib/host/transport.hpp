// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The part of TCP and UDP that a router without services needs: validating segments, and refusing
// them. Control thread only.
#include <cstdint>
#include <optional>

#include "ip4/compose.hpp"
#include "ip6/compose.hpp"
#include "packet/packet.hpp"

struct rte_mempool;

namespace ringroad::host {

enum class TransportCheck : std::uint8_t { kGood, kBadLength, kBadChecksum };

// A packet of either family to the router, and where in its frame TCP or UDP begins.
struct Segment {
  Packet& packet;
  std::uint32_t offset;

  [[nodiscard]] std::uint32_t bytes() const { return packet.pkt_len - offset; }
};
[[nodiscard]] Segment segment_of(Packet& ipv4_packet);

[[nodiscard]] TransportCheck check_tcp(Segment segment);
// Trims the packet to UDP's length if that is shorter. In IPv4 a checksum of 0 means that there is
// none; in IPv6 there must be one (RFC 8200 8.1).
[[nodiscard]] TransportCheck check_udp(Segment segment);

// UDP-Lite (RFC 3828). The covered part must have the right checksum; the checksum may not be
// absent.
[[nodiscard]] TransportCheck check_udp_lite(Segment segment);

// The reset that answers a segment to a closed port (RFC 9293 3.5.2, Linux's tcp_v4_send_reset).
// There is none if the segment is a reset itself.
struct TcpReset {
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledged = 0;
  bool acknowledges = false;
};
[[nodiscard]] std::optional<TcpReset> reset_of(Segment segment);
// Return null if the pool is empty.
[[nodiscard]] OwnedPacket make_reset(rte_mempool& pool, ip6::OwnHeader header,
                                     const TcpReset& reset);
[[nodiscard]] OwnedPacket make_reset(rte_mempool& pool, ip4::OwnHeader header,
                                     const TcpReset& reset);

}  // namespace ringroad::host
