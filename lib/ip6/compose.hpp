// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Composes packets that the router itself sends. Off the fast path.
#include <cstdint>

#include "base/ipv6.hpp"
#include "packet/packet.hpp"

struct rte_mempool;

namespace ringroad::ip6 {

struct OwnHeader {
  Ipv6 source;
  Ipv6 destination;
  std::uint8_t protocol = 0;
  std::uint8_t traffic_class = 0;
  std::uint8_t hop_limit = 64;  // RFC 1700, Linux's ipv6 hop_limit
  std::uint32_t flow_label = 0;
};

// Overwrites the packet's header. The packet's length is already correct.
void write_header(Packet& packet, const OwnHeader& header);

// Returns a packet with this header and `payload` octets of zero, and with room for the Ethernet
// header; null if the pool is empty.
[[nodiscard]] OwnedPacket make_packet(rte_mempool& pool, const OwnHeader& header,
                                      std::uint16_t payload);

// What follows the fixed header.
[[nodiscard]] inline std::uint8_t* payload(Packet& packet) {
  return frame(packet) + kL2Bytes + sizeof(rte_ipv6_hdr);
}

// Returns the checksum, with the pseudo-header (RFC 8200 8.1), of the octets from this offset in
// the frame, over all buffers; 0 if they contain a correct checksum. `protocol`: that of the upper
// layer, which the fixed header does not name if the packet has extension headers.
[[nodiscard]] std::uint16_t payload_checksum(Packet& packet, std::uint32_t offset,
                                             std::uint8_t protocol);
// Returns the sum of the addresses, which are part of each pseudo-header.
[[nodiscard]] std::uint64_t address_sum(const rte_ipv6_hdr& header);
// Returns the sum of the pseudo-header.
[[nodiscard]] std::uint64_t pseudo_header_sum(const rte_ipv6_hdr& header, std::uint32_t length,
                                              std::uint8_t protocol);

}  // namespace ringroad::ip6
