// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Packets that the router makes itself. Control thread.
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

// Over whatever the packet has in its place; the packet's length is right already.
void write_header(Packet& packet, const OwnHeader& header);

// That header, then `payload` octets of zero, room for the Ethernet header before; null where the
// pool is empty.
[[nodiscard]] OwnedPacket make_packet(rte_mempool& pool, const OwnHeader& header,
                                      std::uint16_t payload);

[[nodiscard]] inline std::uint8_t* payload(Packet& packet) {
  return frame(packet) + kL2Bytes + header_bytes(ipv4(packet));
}

// Of the octets behind the header, over all buffers, with TCP's and UDP's pseudo-header or without;
// 0 where the checksum among them is right.
[[nodiscard]] std::uint16_t payload_checksum(Packet& packet);
[[nodiscard]] std::uint16_t payload_checksum_with_pseudo_header(Packet& packet);
// Of what TCP and UDP sum before themselves: addresses, protocol and their length.
[[nodiscard]] std::uint64_t pseudo_header_sum(const rte_ipv4_hdr& header, std::uint32_t length);

}  // namespace ringroad::ip4
