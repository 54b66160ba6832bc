// SPDX-License-Identifier: BSD-3-Clause
#include "control/explain_packet.hpp"

#include <netinet/in.h>
#include <rte_icmp.h>
#include <rte_ip.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>

#include "ip6/icmp.hpp"
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

template <class Address>
constexpr std::size_t kHeader =
    std::is_same_v<Address, Ipv4> ? sizeof(rte_ipv4_hdr) : sizeof(rte_ipv6_hdr);

void append(Octets& octets, Ipv4 address) { append(octets, rte_cpu_to_be_32(address.value())); }
void append(Octets& octets, Ipv6 address) {
  std::array<std::uint8_t, sizeof(Ipv6)> wire{};
  address.write(wire.data());
  append(octets, wire);
}

// The payload, with a checksum of zero.
template <class Address>
Octets payload_of(const ExplainedPacket<Address>& packet) {
  Octets octets;
  const auto bytes = static_cast<std::uint16_t>(packet.length - kHeader<Address>);
  switch (packet.protocol) {
    case ExplainedPacket<Address>::kIcmp: {
      rte_icmp_hdr header{};
      header.icmp_type = packet.kIsIpv6 ? static_cast<std::uint8_t>(ip6::Icmp6Type::kEchoRequest)
                                        : RTE_IP_ICMP_ECHO_REQUEST;
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

template <class Address>
void write_checksum(Octets& payload, const ExplainedPacket<Address>& packet) {
  std::size_t place = 0;
  Octets summed;
  const bool is_icmp = packet.protocol == ExplainedPacket<Address>::kIcmp;
  if (is_icmp) {
    place = offsetof(rte_icmp_hdr, icmp_cksum);
  } else if (packet.protocol == IPPROTO_UDP || packet.protocol == IPPROTO_TCP) {
    place = packet.protocol == IPPROTO_UDP ? offsetof(rte_udp_hdr, dgram_cksum)
                                           : offsetof(rte_tcp_hdr, cksum);
  } else {
    return;
  }
  // The pseudo header; that of IPv6 has the same sum (RFC 8200 8.1), and ICMPv6 has it too.
  if (!is_icmp || packet.kIsIpv6) {
    append(summed, packet.source);
    append(summed, packet.destination);
    append_word(summed, packet.protocol);
    append_word(summed, static_cast<std::uint16_t>(payload.size()));
  }
  summed.insert(summed.end(), payload.begin(), payload.end());
  std::uint16_t sum = checksum(summed);
  // RFC 768: zero means that there is no checksum.
  if (sum == 0 && packet.protocol == IPPROTO_UDP) {
    sum = 0xffff;
  }
  std::memcpy(payload.data() + place, &sum, sizeof sum);
}

void append_header(Octets& frame, const ExplainedPacket<Ipv4>& packet) {
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
}

void append_header(Octets& frame, const ExplainedPacket<Ipv6>& packet) {
  constexpr std::uint32_t kVersion = 6U << 28U;
  rte_ipv6_hdr header{};
  header.vtc_flow =
      rte_cpu_to_be_32(kVersion | std::uint32_t{packet.tos} << 20U | packet.flow_label);
  header.payload_len = rte_cpu_to_be_16(static_cast<std::uint16_t>(packet.length - sizeof header));
  header.proto = packet.protocol;
  header.hop_limits = packet.ttl;
  packet.source.write(header.src_addr);
  packet.destination.write(header.dst_addr);
  append(frame, header);
}

}  // namespace

template <class Address>
std::uint16_t shortest_length(std::uint8_t protocol) {
  constexpr auto kFixed = static_cast<std::uint16_t>(kHeader<Address>);
  switch (protocol) {
    case ExplainedPacket<Address>::kIcmp:
      return kFixed + sizeof(rte_icmp_hdr);
    case IPPROTO_UDP:
      return kFixed + sizeof(rte_udp_hdr);
    case IPPROTO_TCP:
      return kFixed + sizeof(rte_tcp_hdr);
    default:
      return kFixed;
  }
}

template <class Address>
std::vector<std::uint8_t> make_frame(const ExplainedPacket<Address>& packet,
                                     const neigh::Tags& tags) {
  Octets frame;
  append(frame, packet.destination_mac.octets);
  append(frame, packet.source_mac.octets);
  for (const neigh::Tag& tag : std::span{tags.tags}.first(tags.count)) {
    append_word(frame, tag.protocol);
    append_word(frame, tag.tci(0));
  }
  append_word(frame, packet.kIsIpv6 ? RTE_ETHER_TYPE_IPV6 : RTE_ETHER_TYPE_IPV4);
  append_header(frame, packet);
  Octets payload = payload_of(packet);
  write_checksum(payload, packet);
  frame.insert(frame.end(), payload.begin(), payload.end());
  return frame;
}

#define RINGROAD_OF_FAMILY(Address)                                              \
  template std::uint16_t shortest_length<Address>(std::uint8_t);                 \
  template std::vector<std::uint8_t> make_frame(const ExplainedPacket<Address>&, \
                                                const neigh::Tags&);
RINGROAD_OF_FAMILY(Ipv4)
RINGROAD_OF_FAMILY(Ipv6)
#undef RINGROAD_OF_FAMILY

}  // namespace ringroad::control
