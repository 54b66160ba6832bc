// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// How a queue looks into a whole frame: finds the IP header behind any VLAN tags, reads its traffic
// class, and sets the two bits of explicit congestion notification (RFC 3168).
#include <optional>
#include <span>

#include "packet/checksum.hpp"
#include "packet/packet.hpp"

namespace ringroad {

// Where the IP header of a frame begins.
struct IpPlace {
  std::uint16_t offset = 0;
  bool is_ipv6 = false;
};
// Returns nothing if the frame is not IP, or the header is not completely in the first buffer.
[[nodiscard]] inline std::optional<IpPlace> find_ip(Packet& packet) {
  std::uint16_t offset = RTE_ETHER_HDR_LEN;
  for (;;) {
    if (packet.data_len < offset + sizeof(rte_ipv4_hdr)) {
      return std::nullopt;
    }
    std::uint16_t type = 0;
    std::memcpy(&type, frame(packet) + offset - sizeof type, sizeof type);
    if (type == RTE_BE16(RTE_ETHER_TYPE_IPV4)) {
      return IpPlace{offset, false};
    }
    if (type == RTE_BE16(RTE_ETHER_TYPE_IPV6)) {
      return packet.data_len < offset + sizeof(rte_ipv6_hdr) ? std::nullopt
                                                             : std::optional{IpPlace{offset, true}};
    }
    if (type != RTE_BE16(RTE_ETHER_TYPE_VLAN) && type != RTE_BE16(RTE_ETHER_TYPE_QINQ)) {
      return std::nullopt;
    }
    offset = static_cast<std::uint16_t>(offset + RTE_VLAN_HLEN);
  }
}

// Returns the octets from the IP header on, as far as they are in the first buffer.
[[nodiscard]] inline std::span<std::uint8_t> from_ip(Packet& packet, IpPlace place) {
  return {frame(packet) + place.offset, std::size_t{packet.data_len} - place.offset};
}

// The TOS of IPv4, the traffic class of IPv6.
[[nodiscard]] inline std::uint8_t traffic_class_at(Packet& packet, IpPlace place) {
  const std::uint8_t* const octets = frame(packet) + place.offset;
  return place.is_ipv6 ? static_cast<std::uint8_t>(octets[0] << 4U | octets[1] >> 4U) : octets[1];
}

// Marks the packet for its receiver. Returns false if the sender does not support ECN (RFC 3168 5).
[[nodiscard]] inline bool mark_congestion(Packet& packet) {
  const auto place = find_ip(packet);
  if (!place) {
    return false;
  }
  if (place->is_ipv6) {
    constexpr unsigned kEcnShift = 4;  // in the second octet, and no checksum covers it
    std::uint8_t& octet = from_ip(packet, *place)[1];
    if ((octet >> kEcnShift & RTE_IPV4_HDR_ECN_MASK) == 0) {
      return false;
    }
    octet |= RTE_IPV4_HDR_ECN_CE << kEcnShift;
    return true;
  }
  auto& header = *rte_pktmbuf_mtod_offset(&packet, rte_ipv4_hdr*, place->offset);
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
