// SPDX-License-Identifier: BSD-3-Clause
#include "ip6/compose.hpp"

#include <rte_mempool.h>

#include <array>
#include <cstring>

#include "packet/checksum.hpp"
#include "packet/read.hpp"

namespace ringroad::ip6 {

void write_header(Packet& packet, const OwnHeader& header) {
  constexpr std::uint32_t kVersion = 6U << 28U;
  constexpr std::uint32_t kFlowLabel = RTE_IPV6_HDR_FL_MASK;
  rte_ipv6_hdr& wire = ipv6(packet);
  wire.vtc_flow =
      rte_cpu_to_be_32(kVersion | std::uint32_t{header.traffic_class} << RTE_IPV6_HDR_TC_SHIFT |
                       (header.flow_label & kFlowLabel));
  wire.payload_len =
      rte_cpu_to_be_16(static_cast<std::uint16_t>(packet.pkt_len - kL2Bytes - sizeof wire));
  wire.proto = header.protocol;
  wire.hop_limits = header.hop_limit;
  header.source.write(wire.src_addr);
  header.destination.write(wire.dst_addr);
}

OwnedPacket make_packet(rte_mempool& pool, const OwnHeader& header, std::uint16_t payload) {
  OwnedPacket packet{rte_pktmbuf_alloc(&pool)};
  if (!packet) {
    return nullptr;
  }
  const std::uint32_t length = kL2Bytes + sizeof(rte_ipv6_hdr) + payload;
  if (length > rte_pktmbuf_tailroom(packet.get())) {
    return nullptr;
  }
  char* const room = rte_pktmbuf_append(packet.get(), static_cast<std::uint16_t>(length));
  std::memset(room, 0, length);
  meta(*packet) = {};
  write_header(*packet, header);
  return packet;
}

std::uint64_t address_sum(const rte_ipv6_hdr& header) {
  std::array<std::uint32_t, 8> words;
  static_assert(sizeof words == sizeof header.src_addr + sizeof header.dst_addr);
  std::memcpy(words.data(), header.src_addr, sizeof header.src_addr);
  std::memcpy(&words[words.size() / 2], header.dst_addr, sizeof header.dst_addr);
  std::uint64_t sum = 0;
  for (const std::uint32_t word : words) {
    sum += word;
  }
  return sum;
}

std::uint64_t pseudo_header_sum(const rte_ipv6_hdr& header, std::uint32_t length,
                                std::uint8_t protocol) {
  return address_sum(header) + rte_cpu_to_be_32(length) + rte_cpu_to_be_32(protocol);
}

std::uint16_t payload_checksum(Packet& packet, std::uint32_t offset, std::uint8_t protocol) {
  const std::uint32_t length = packet.pkt_len - offset;
  return static_cast<std::uint16_t>(
      ~fold(pseudo_header_sum(ipv6(packet), length, protocol) + sum_from(packet, offset)));
}

}  // namespace ringroad::ip6
