// SPDX-License-Identifier: BSD-3-Clause
#include "ip4/compose.hpp"

#include <rte_mempool.h>

#include <cstring>

#include "packet/checksum.hpp"

namespace ringroad::ip4 {
namespace {

constexpr std::uint8_t kTtl = 64;  // Linux's ip_default_ttl
constexpr unsigned kVersion = 0x40;

std::uint16_t raw_sum(Packet& packet) {
  const std::uint32_t offset = std::uint32_t{kL2Bytes} + header_bytes(ipv4(packet));
  std::uint16_t sum = 0;
  rte_raw_cksum_mbuf(&packet, offset, packet.pkt_len - offset, &sum);
  return sum;
}

}  // namespace

void write_header(Packet& packet, const OwnHeader& header) {
  const std::uint16_t bytes = header.bytes();
  rte_ipv4_hdr& wire = ipv4(packet);
  wire = {};
  wire.version_ihl = static_cast<std::uint8_t>(kVersion | bytes / 4U);
  wire.type_of_service = header.tos;
  wire.total_length = rte_cpu_to_be_16(static_cast<std::uint16_t>(packet.pkt_len - kL2Bytes));
  wire.packet_id = rte_cpu_to_be_16(header.identification);
  wire.fragment_offset = header.dont_fragment ? rte_cpu_to_be_16(RTE_IPV4_HDR_DF_FLAG) : 0;
  wire.time_to_live = kTtl;
  wire.next_proto_id = header.protocol;
  wire.src_addr = header.source.wire().wire();
  wire.dst_addr = header.destination.wire().wire();
  auto* const start = reinterpret_cast<std::uint8_t*>(&wire);
  if (!header.options.empty()) {
    std::memcpy(start + sizeof wire, header.options.data(), header.options.size());
  }
  wire.hdr_checksum = checksum({start, bytes});
}

OwnedPacket make_packet(rte_mempool& pool, const OwnHeader& header, std::uint16_t payload) {
  OwnedPacket packet{rte_pktmbuf_alloc(&pool)};
  if (!packet) {
    return nullptr;
  }
  const auto length = static_cast<std::uint16_t>(kL2Bytes + header.bytes() + payload);
  char* const room = rte_pktmbuf_append(packet.get(), length);
  if (room == nullptr) {
    return nullptr;
  }
  std::memset(room, 0, length);
  meta(*packet) = {};
  write_header(*packet, header);
  return packet;
}

std::uint16_t payload_checksum(Packet& packet) {
  return static_cast<std::uint16_t>(~raw_sum(packet));
}

std::uint16_t payload_checksum_with_pseudo_header(Packet& packet) {
  const rte_ipv4_hdr& header = ipv4(packet);
  const std::uint32_t length = packet.pkt_len - kL2Bytes - header_bytes(header);
  return static_cast<std::uint16_t>(~fold(pseudo_header_sum(header, length) + raw_sum(packet)));
}

// The pseudo-header of TCP (RFC 9293 3.1); UDP uses the same.
std::uint64_t pseudo_header_sum(const rte_ipv4_hdr& header, std::uint32_t length) {
  return std::uint64_t{header.src_addr} + header.dst_addr + rte_cpu_to_be_16(header.next_proto_id) +
         rte_cpu_to_be_16(static_cast<std::uint16_t>(length));
}

}  // namespace ringroad::ip4
