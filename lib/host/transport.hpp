// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What a router that serves no port knows of TCP and UDP: whether a segment is whole, and how it is
// refused. Control thread.
#include <cstdint>
#include <optional>

#include "ip4/compose.hpp"
#include "packet/packet.hpp"

struct rte_mempool;

namespace ringroad::host {

enum class TransportCheck : std::uint8_t { kGood, kBadLength, kBadChecksum };

[[nodiscard]] TransportCheck check_tcp(Packet& packet);
// Trims the packet to UDP's own length where that is the shorter. A checksum of 0 is none.
[[nodiscard]] TransportCheck check_udp(Packet& packet);

// UDP-Lite (RFC 3828): what is covered must be right, and there is no doing without.
[[nodiscard]] TransportCheck check_udp_lite(Packet& packet);

// The reset that answers a segment to a closed port (RFC 9293 3.5.2, Linux's tcp_v4_send_reset).
// None where the segment is a reset itself.
struct TcpReset {
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint32_t sequence = 0;
  std::uint32_t acknowledged = 0;
  bool acknowledges = false;
};
[[nodiscard]] std::optional<TcpReset> reset_of(Packet& segment);
// Null where the pool is empty.
[[nodiscard]] OwnedPacket make_reset(rte_mempool& pool, ip4::OwnHeader header,
                                     const TcpReset& reset);

}  // namespace ringroad::host
