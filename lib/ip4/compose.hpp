// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Composes packets that the router itself sends. Control thread only.
#include <cstdint>
#include <span>

#include "base/ipv4.hpp"
#include "packet/packet.hpp"

struct rte_mempool;

namespace ringroad::ip4 {

struct OwnHeader {
  Ipv4 source;
  Ipv4 destination;
  std::uint8_t protocol = 0;
  std::uint8_t tos = 0;
  std::uint16_t identification = 0;
  bool dont_fragment = false;
  std::span<const std::uint8_t> options{};  // a multiple of four octets

  [[nodiscard]] std::uint16_t bytes() const {
    return static_cast<std::uint16_t>(sizeof(rte_ipv4_hdr) + options.size());
  }
};

// Overwrites the packet's header. The packet's length is already correct.
void write_header(Packet& packet, const OwnHeader& header);

// Returns a packet with this header and `payload` octets of zero, and with room for the Ethernet
// header; null if the pool is empty.
[[nodiscard]] OwnedPacket make_packet(rte_mempool& pool, const OwnHeader& header,
                                      std::uint16_t payload);

[[nodiscard]] inline std::uint8_t* payload(Packet& packet) {
  return frame(packet) + kL2Bytes + header_bytes(ipv4(packet));
}

// Returns the checksum of the octets after the header, over all buffers, without or with the
// pseudo-header of TCP and UDP; 0 if they contain a correct checksum.
[[nodiscard]] std::uint16_t payload_checksum(Packet& packet);
[[nodiscard]] std::uint16_t payload_checksum_with_pseudo_header(Packet& packet);
// Returns the sum of the pseudo-header of TCP and UDP: addresses, protocol and length.
[[nodiscard]] std::uint64_t pseudo_header_sum(const rte_ipv4_hdr& header, std::uint32_t length);

}  // namespace ringroad::ip4
