// SPDX-License-Identifier: BSD-3-Clause
#include "host/transport.hpp"

#include <netinet/in.h>
#include <rte_mempool.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include <cstring>
#include <vector>

#include "ip6/options.hpp"
#include "packet/checksum.hpp"
#include "packet/read.hpp"

namespace ringroad::host {
namespace {

constexpr unsigned kWord = 4;
constexpr std::uint8_t kDataOffsetShift = 4;

std::uint32_t header_bytes_of(const rte_tcp_hdr& tcp) {
  return (static_cast<unsigned>(tcp.data_off) >> kDataOffsetShift) * kWord;
}

// 0 if the checksum is right.
std::uint16_t checksum_of(Segment segment, std::uint8_t protocol) {
  return is_ipv6(segment.packet) ? ip6::payload_checksum(segment.packet, segment.offset, protocol)
                                 : ip4::payload_checksum_with_pseudo_header(segment.packet);
}

std::uint64_t pseudo_header_of(Segment segment, std::uint8_t protocol) {
  return is_ipv6(segment.packet)
             ? ip6::pseudo_header_sum(ipv6(segment.packet), segment.bytes(), protocol)
             : ip4::pseudo_header_sum(ipv4(segment.packet), segment.bytes());
}

rte_tcp_hdr header_of(const TcpReset& reset) {
  rte_tcp_hdr tcp{};
  tcp.src_port = rte_cpu_to_be_16(reset.source_port);
  tcp.dst_port = rte_cpu_to_be_16(reset.destination_port);
  tcp.sent_seq = rte_cpu_to_be_32(reset.sequence);
  tcp.recv_ack = rte_cpu_to_be_32(reset.acknowledged);
  tcp.data_off = (sizeof tcp / kWord) << kDataOffsetShift;
  tcp.tcp_flags = reset.acknowledges ? RTE_TCP_RST_FLAG | RTE_TCP_ACK_FLAG : RTE_TCP_RST_FLAG;
  return tcp;
}

}  // namespace

Segment segment_of(Packet& ipv4_packet) {
  return {ipv4_packet, std::uint32_t{kL2Bytes} + header_bytes(ipv4(ipv4_packet))};
}

TransportCheck check_tcp(Segment segment) {
  const auto tcp = read_at<rte_tcp_hdr>(segment.packet, segment.offset);
  if (!tcp || header_bytes_of(*tcp) < sizeof *tcp || header_bytes_of(*tcp) > segment.bytes()) {
    return TransportCheck::kBadLength;
  }
  return checksum_of(segment, IPPROTO_TCP) == 0 ? TransportCheck::kGood
                                                : TransportCheck::kBadChecksum;
}

TransportCheck check_udp(Segment segment) {
  const auto udp = read_at<rte_udp_hdr>(segment.packet, segment.offset);
  if (!udp) {
    return TransportCheck::kBadLength;
  }
  const std::uint32_t said = rte_be_to_cpu_16(udp->dgram_len);
  // In IPv6 a length of 0 means all that the packet has (RFC 2675 4, Linux's udp6).
  const std::uint32_t length = said == 0 && is_ipv6(segment.packet) ? segment.bytes() : said;
  if (length < sizeof(rte_udp_hdr) || length > segment.bytes()) {
    return TransportCheck::kBadLength;
  }
  set_length(segment.packet, segment.offset + length);
  const bool good =
      udp->dgram_cksum == 0 ? !is_ipv6(segment.packet) : checksum_of(segment, IPPROTO_UDP) == 0;
  return good ? TransportCheck::kGood : TransportCheck::kBadChecksum;
}

TransportCheck check_udp_lite(Segment segment) {
  const auto udp = read_at<rte_udp_hdr>(segment.packet, segment.offset);
  if (!udp) {
    return TransportCheck::kBadLength;
  }
  const std::uint32_t length = segment.bytes();
  // UDP-Lite has the checksum coverage in place of the length; 0 means the whole datagram.
  const std::uint32_t said = rte_be_to_cpu_16(udp->dgram_len);
  const std::uint32_t covered = said == 0 ? length : said;
  if (covered < sizeof *udp || covered > length) {
    return TransportCheck::kBadLength;
  }
  std::vector<std::uint8_t> bytes(covered);
  const bool read = read_bytes(segment.packet, segment.offset, bytes);
  const std::uint64_t sum =
      pseudo_header_of(segment, IPPROTO_UDPLITE) + static_cast<std::uint16_t>(~checksum(bytes));
  return read && udp->dgram_cksum != 0 && fold(sum) == 0xffff ? TransportCheck::kGood
                                                              : TransportCheck::kBadChecksum;
}

std::optional<TcpReset> reset_of(Segment segment) {
  const auto tcp = read_at<rte_tcp_hdr>(segment.packet, segment.offset);
  if (!tcp || (tcp->tcp_flags & RTE_TCP_RST_FLAG) != 0) {
    return std::nullopt;
  }
  TcpReset reset{.source_port = rte_be_to_cpu_16(tcp->dst_port),
                 .destination_port = rte_be_to_cpu_16(tcp->src_port)};
  if ((tcp->tcp_flags & RTE_TCP_ACK_FLAG) != 0) {
    reset.sequence = rte_be_to_cpu_32(tcp->recv_ack);
    return reset;
  }
  // SYN and FIN occupy one sequence number each, as an octet of data does.
  reset.acknowledges = true;
  reset.acknowledged = rte_be_to_cpu_32(tcp->sent_seq) + segment.bytes() - header_bytes_of(*tcp) +
                       ((tcp->tcp_flags & RTE_TCP_SYN_FLAG) != 0 ? 1U : 0U) +
                       ((tcp->tcp_flags & RTE_TCP_FIN_FLAG) != 0 ? 1U : 0U);
  return reset;
}

OwnedPacket make_reset(rte_mempool& pool, ip4::OwnHeader header, const TcpReset& reset) {
  header.protocol = IPPROTO_TCP;
  // Like Linux, resets have DF and no identification.
  header.dont_fragment = true;
  OwnedPacket packet = ip4::make_packet(pool, header, sizeof(rte_tcp_hdr));
  if (!packet) {
    return nullptr;
  }
  rte_tcp_hdr tcp = header_of(reset);
  std::memcpy(ip4::payload(*packet), &tcp, sizeof tcp);
  tcp.cksum = ip4::payload_checksum_with_pseudo_header(*packet);
  std::memcpy(ip4::payload(*packet), &tcp, sizeof tcp);
  return packet;
}

OwnedPacket make_reset(rte_mempool& pool, ip6::OwnHeader header, const TcpReset& reset) {
  header.protocol = IPPROTO_TCP;
  OwnedPacket packet = ip6::make_packet(pool, header, sizeof(rte_tcp_hdr));
  if (!packet) {
    return nullptr;
  }
  rte_tcp_hdr tcp = header_of(reset);
  std::memcpy(ip6::payload(*packet), &tcp, sizeof tcp);
  tcp.cksum = ip6::payload_checksum(*packet, ip6::kFixedHeaderEnd, IPPROTO_TCP);
  std::memcpy(ip6::payload(*packet), &tcp, sizeof tcp);
  return packet;
}

}  // namespace ringroad::host
