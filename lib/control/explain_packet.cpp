// SPDX-License-Identifier: BSD-3-Clause
#include "control/explain_packet.hpp"

#include <netinet/in.h>
#include <rte_icmp.h>
#include <rte_ip.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include <algorithm>
#include <cstring>
#include <span>

#include "packet/checksum.hpp"

namespace ringroad::control {
namespace {

using Octets = std::vector<std::uint8_t>;

template <class Header>
void append(Octets& octets, const Header& header) {
  const auto* const first = reinterpret_cast<const std::uint8_t*>(&header);
  octets.insert(octets.end(), first, first + sizeof header);
}

void append_word(Octets& octets, std::uint16_t word) {
  octets.push_back(static_cast<std::uint8_t>(word >> 8U));
  octets.push_back(static_cast<std::uint8_t>(word & 0xffU));
}

// The payload, with a checksum of zero.
Octets payload_of(const ExplainedPacket& packet) {
  Octets octets;
  const auto bytes = static_cast<std::uint16_t>(packet.length - sizeof(rte_ipv4_hdr));
  switch (packet.protocol) {
    case IPPROTO_ICMP: {
      rte_icmp_hdr header{};
      header.icmp_type = RTE_IP_ICMP_ECHO_REQUEST;
      append(octets, header);
      break;
    }
    case IPPROTO_UDP: {
      rte_udp_hdr header{};
      header.src_port = rte_cpu_to_be_16(packet.source_port);
      header.dst_port = rte_cpu_to_be_16(packet.destination_port);
      header.dgram_len = rte_cpu_to_be_16(bytes);
      append(octets, header);
      break;
    }
    case IPPROTO_TCP: {
      rte_tcp_hdr header{};
      header.src_port = rte_cpu_to_be_16(packet.source_port);
      header.dst_port = rte_cpu_to_be_16(packet.destination_port);
      header.data_off = sizeof header / 4 << 4;
      header.tcp_flags = RTE_TCP_SYN_FLAG;
      header.rx_win = rte_cpu_to_be_16(0xffff);
      append(octets, header);
      break;
    }
    default:
      break;
  }
  octets.resize(bytes);
  return octets;
}

void write_checksum(Octets& payload, const ExplainedPacket& packet) {
  std::size_t place = 0;
  Octets summed;
  if (packet.protocol == IPPROTO_ICMP) {
    place = offsetof(rte_icmp_hdr, icmp_cksum);
  } else if (packet.protocol == IPPROTO_UDP || packet.protocol == IPPROTO_TCP) {
    place = packet.protocol == IPPROTO_UDP ? offsetof(rte_udp_hdr, dgram_cksum)
                                           : offsetof(rte_tcp_hdr, cksum);
    append(summed, rte_cpu_to_be_32(packet.source.value()));
    append(summed, rte_cpu_to_be_32(packet.destination.value()));
    append_word(summed, packet.protocol);
    append_word(summed, static_cast<std::uint16_t>(payload.size()));
  } else {
    return;
  }
  summed.insert(summed.end(), payload.begin(), payload.end());
  std::uint16_t sum = checksum(summed);
  // RFC 768: zero means that there is no checksum.
  if (sum == 0 && packet.protocol == IPPROTO_UDP) {
    sum = 0xffff;
  }
  std::memcpy(payload.data() + place, &sum, sizeof sum);
}

}  // namespace

std::uint16_t shortest_length(std::uint8_t protocol) {
  switch (protocol) {
    case IPPROTO_ICMP:
      return sizeof(rte_ipv4_hdr) + sizeof(rte_icmp_hdr);
    case IPPROTO_UDP:
      return sizeof(rte_ipv4_hdr) + sizeof(rte_udp_hdr);
    case IPPROTO_TCP:
      return sizeof(rte_ipv4_hdr) + sizeof(rte_tcp_hdr);
    default:
      return sizeof(rte_ipv4_hdr);
  }
}

std::vector<std::uint8_t> make_frame(const ExplainedPacket& packet, const neigh::Tags& tags) {
  Octets frame;
  append(frame, packet.destination_mac.octets);
  append(frame, packet.source_mac.octets);
  for (const neigh::Tag& tag : std::span{tags.tags}.first(tags.count)) {
    append_word(frame, tag.protocol);
    append_word(frame, tag.tci(0));
  }
  append_word(frame, RTE_ETHER_TYPE_IPV4);
  rte_ipv4_hdr header{};
  header.version_ihl = RTE_IPV4_VHL_DEF;
  header.type_of_service = packet.tos;
  header.total_length = rte_cpu_to_be_16(packet.length);
  header.fragment_offset = packet.dont_fragment ? rte_cpu_to_be_16(RTE_IPV4_HDR_DF_FLAG) : 0;
  header.time_to_live = packet.ttl;
  header.next_proto_id = packet.protocol;
  header.src_addr = rte_cpu_to_be_32(packet.source.value());
  header.dst_addr = rte_cpu_to_be_32(packet.destination.value());
  header.hdr_checksum = checksum({reinterpret_cast<const std::uint8_t*>(&header), sizeof header});
  append(frame, header);
  Octets payload = payload_of(packet);
  write_checksum(payload, packet);
  frame.insert(frame.end(), payload.begin(), payload.end());
  return frame;
}

}  // namespace ringroad::control
