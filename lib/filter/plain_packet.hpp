// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Reads what most packets of established connections are: UDP, or TCP with ACK and perhaps PSH
// alone, that are no fragments, without options or extension headers, in one buffer.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include "filter/flow_packet.hpp"

namespace ringroad::filter {

inline constexpr std::uint32_t kPlainTransport4 = kL2Bytes + sizeof(rte_ipv4_hdr);
inline constexpr std::uint32_t kPlainTransport6 = kL2Bytes + sizeof(rte_ipv6_hdr);

// Returns false, and writes anything, if it is another packet, or one that read_flow() may refuse
// for anything but its checksum.
[[nodiscard]] inline bool read_plain(const Packet& packet, const std::uint8_t* frame, bool is_ipv6,
                                     FlowPacket& flow) {
  const auto& header = *reinterpret_cast<const rte_ipv4_hdr*>(frame + kL2Bytes);
  const auto& header6 = *reinterpret_cast<const rte_ipv6_hdr*>(frame + kL2Bytes);
  const std::uint32_t offset = is_ipv6 ? kPlainTransport6 : kPlainTransport4;
  const std::uint8_t protocol = is_ipv6 ? header6.proto : header.next_proto_id;
  constexpr std::uint8_t kVersionAndLength = 0x45;
  const bool is_simple =
      is_ipv6 ||
      (header.version_ihl == kVersionAndLength &&
       (header.fragment_offset &
        rte_cpu_to_be_16(static_cast<std::uint16_t>(~unsigned{RTE_IPV4_HDR_DF_FLAG}))) == 0);
  const std::uint32_t bytes = packet.data_len - offset;
  if (!is_simple || packet.nb_segs != 1 || packet.data_len < offset + sizeof(rte_udp_hdr)) {
    return false;
  }
  const auto& udp = *reinterpret_cast<const rte_udp_hdr*>(frame + offset);
  if (protocol == IPPROTO_TCP) {
    const auto& tcp = *reinterpret_cast<const rte_tcp_hdr*>(frame + offset);
    const std::uint32_t length = (bytes < sizeof tcp ? 0U : tcp.data_off >> 4U) * 4U;
    if (length < sizeof tcp || length > bytes || (tcp.tcp_flags & ~unsigned{TH_PUSH}) != TH_ACK) {
      return false;
    }
  } else if (protocol != IPPROTO_UDP || rte_be_to_cpu_16(udp.dgram_len) < sizeof udp ||
             rte_be_to_cpu_16(udp.dgram_len) > bytes) {
    return false;
  }
  flow.kind = FlowPacket::Kind::kFlow;
  flow.is_plain = true;
  flow.offset = offset;
  flow.tuple.source_port = rte_be_to_cpu_16(udp.src_port);
  flow.tuple.destination_port = rte_be_to_cpu_16(udp.dst_port);
  flow.tuple.protocol = protocol;
  flow.tuple.is_ipv6 = is_ipv6;
  if (is_ipv6) {
    flow.tuple.source = Ipv6::read(header6.src_addr);
    flow.tuple.destination = Ipv6::read(header6.dst_addr);
  } else {
    flow.tuple.source = widened(Ipv4{rte_be_to_cpu_32(header.src_addr)});
    flow.tuple.destination = widened(Ipv4{rte_be_to_cpu_32(header.dst_addr)});
  }
  return true;
}

}  // namespace ringroad::filter
