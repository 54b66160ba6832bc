// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// How a queue marks congestion in a whole frame: finds the IPv4 header behind any VLAN tags, and
// sets the two bits of explicit congestion notification (RFC 3168).
#include <optional>

#include "packet/checksum.hpp"
#include "packet/packet.hpp"

namespace ringroad {

// Returns where the IPv4 header begins; nothing if the frame is not IPv4, or the header is not
// completely in the first buffer.
[[nodiscard]] inline std::optional<std::uint16_t> ipv4_offset(Packet& packet) {
  std::uint16_t offset = RTE_ETHER_HDR_LEN;
  for (;;) {
    if (packet.data_len < offset + sizeof(rte_ipv4_hdr)) {
      return std::nullopt;
    }
    std::uint16_t type = 0;
    std::memcpy(&type, frame(packet) + offset - sizeof type, sizeof type);
    if (type == RTE_BE16(RTE_ETHER_TYPE_IPV4)) {
      return offset;
    }
    if (type != RTE_BE16(RTE_ETHER_TYPE_VLAN) && type != RTE_BE16(RTE_ETHER_TYPE_QINQ)) {
      return std::nullopt;
    }
    offset = static_cast<std::uint16_t>(offset + RTE_VLAN_HLEN);
  }
}

// Marks the packet for its receiver. Returns false if the sender does not support ECN (RFC 3168 5).
[[nodiscard]] inline bool mark_congestion(Packet& packet) {
  const auto offset = ipv4_offset(packet);
  if (!offset) {
    return false;
  }
  auto& header = *rte_pktmbuf_mtod_offset(&packet, rte_ipv4_hdr*, *offset);
  const unsigned ecn = header.type_of_service & RTE_IPV4_HDR_ECN_MASK;
  if (ecn == 0) {
    return false;
  }
  // RFC 1624 eqn. 3 for the header's first word, whose second octet is the TOS.
  const unsigned raised = RTE_IPV4_HDR_ECN_CE - ecn;
  const std::uint32_t sum = static_cast<std::uint16_t>(~header.hdr_checksum) + (raised << 8U);
  header.hdr_checksum = static_cast<std::uint16_t>(~((sum & 0xffffU) + (sum >> 16U)));
  header.type_of_service |= RTE_IPV4_HDR_ECN_CE;
  return true;
}

}  // namespace ringroad
