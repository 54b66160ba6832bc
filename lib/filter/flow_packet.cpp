// SPDX-License-Identifier: BSD-3-Clause
#include "filter/flow_packet.hpp"

#include <netinet/in.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include "packet/read.hpp"

namespace ringroad::filter {
namespace {

using Kind = FlowPacket::Kind;

constexpr std::uint32_t kIcmpHeader = 8;
constexpr std::uint8_t kIcmpTypeMost = 18;  // Linux's NR_ICMP_TYPES

std::uint32_t load32(const std::uint8_t* octets) {
  std::uint32_t word = 0;
  std::memcpy(&word, octets, sizeof word);
  return __builtin_bswap32(word);
}

std::uint16_t load16(const std::uint8_t* octets) {
  std::uint16_t word = 0;
  std::memcpy(&word, octets, sizeof word);
  return __builtin_bswap16(word);
}

std::uint32_t tcp_header_bytes(std::uint8_t data_offset) { return (data_offset >> 4U) * 4U; }

// Linux's tcp_error.
bool accepts_tcp(const Packet& packet, bool is_ipv6, std::uint32_t offset, bool checks_sum) {
  const auto tcp = read_at<rte_tcp_hdr>(packet, offset);
  const std::uint32_t bytes = packet.pkt_len - offset;
  return tcp && tcp_header_bytes(tcp->data_off) >= sizeof *tcp &&
         tcp_header_bytes(tcp->data_off) <= bytes &&
         (!checks_sum || has_right_sum(packet, is_ipv6, offset, IPPROTO_TCP)) &&
         has_valid_flags(tcp->tcp_flags);
}

// Linux's udp_error.
bool accepts_udp(const Packet& packet, bool is_ipv6, std::uint32_t offset, bool checks_sum) {
  const auto udp = read_at<rte_udp_hdr>(packet, offset);
  const std::uint32_t bytes = packet.pkt_len - offset;
  if (!udp) {
    return false;
  }
  const std::uint32_t length = rte_be_to_cpu_16(udp->dgram_len);
  return length >= sizeof *udp && length <= bytes &&
         (!checks_sum || has_right_sum(packet, is_ipv6, offset, IPPROTO_UDP));
}

bool is_icmp_error_type(std::uint8_t type, bool is_ipv6) {
  // Linux's icmp_error_message: unreachable, source quench, redirect, time exceeded, parameter
  // problem. ICMPv6's are those below 128.
  return is_ipv6 ? type < 128 : type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

// Messages that Linux's nf_conntrack_icmpv6_error leaves alone: MLD, and neighbor discovery.
bool serves_link(std::uint8_t type) { return (type >= 130 && type <= 137) || type == 143; }

// Linux's nf_conntrack_icmpv4_error and nf_conntrack_icmpv6_error.
Kind kind_of_icmp(const Packet& packet, bool is_ipv6, std::uint32_t offset, bool checks_sum) {
  const auto header = read_at<std::array<std::uint8_t, kIcmpHeader>>(packet, offset);
  if (!header) {
    return Kind::kInvalid;
  }
  const std::uint8_t type = (*header)[0];
  if (checks_sum && !has_right_sum(packet, is_ipv6, offset, icmp_of(is_ipv6))) {
    return Kind::kInvalid;
  }
  if (is_ipv6 && serves_link(type)) {
    return Kind::kUntracked;
  }
  if (!is_ipv6 && type > kIcmpTypeMost) {
    return Kind::kInvalid;
  }
  return is_icmp_error_type(type, is_ipv6) ? Kind::kError : Kind::kFlow;
}

// The fields of the tuple that the transport header gives. False if it is too short.
bool read_ports(const Packet& packet, std::uint32_t offset, Tuple& tuple) {
  if (is_icmp(tuple)) {
    const auto header = read_at<std::array<std::uint8_t, kIcmpHeader>>(packet, offset);
    if (!header) {
      return false;
    }
    const std::uint8_t type = (*header)[0];
    // Linux has the identifier of queries and answers only, as icmpv6_pkt_to_tuple does.
    tuple.source_port = load16(header->data() + 4);
    tuple.destination_port = static_cast<std::uint16_t>(type << 8U | (*header)[1]);
    return true;
  }
  if (has_ports(tuple.protocol)) {
    const auto ports = read_at<std::array<std::uint8_t, 4>>(packet, offset);
    if (!ports) {
      return false;
    }
    tuple.source_port = load16(ports->data());
    tuple.destination_port = load16(ports->data() + 2);
  }
  return true;
}

void read_addresses(const std::uint8_t* header, Tuple& tuple) {
  if (tuple.is_ipv6) {
    tuple.source = Ipv6::read(header + offsetof(rte_ipv6_hdr, src_addr));
    tuple.destination = Ipv6::read(header + offsetof(rte_ipv6_hdr, dst_addr));
  } else {
    tuple.source = widened(Ipv4{load32(header + offsetof(rte_ipv4_hdr, src_addr))});
    tuple.destination = widened(Ipv4{load32(header + offsetof(rte_ipv4_hdr, dst_addr))});
  }
}

}  // namespace

bool has_right_sum(const Packet& packet, bool is_ipv6, std::uint32_t offset,
                   std::uint8_t protocol) {
  if ((packet.ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK) == RTE_MBUF_F_RX_L4_CKSUM_GOOD) {
    return true;
  }
  if (protocol == IPPROTO_UDP) {
    const auto udp = read_at<rte_udp_hdr>(packet, offset);
    if (udp && udp->dgram_cksum == 0) {
      return true;
    }
  }
  const std::uint32_t bytes = packet.pkt_len - offset;
  const auto* const header = rte_pktmbuf_mtod_offset(&packet, const std::uint8_t*, kL2Bytes);
  std::uint64_t sum = 0;
  if (is_ipv6) {
    sum = static_cast<std::uint16_t>(~checksum({header + offsetof(rte_ipv6_hdr, src_addr), 32}));
  } else if (protocol != IPPROTO_ICMP) {
    sum = static_cast<std::uint16_t>(~checksum({header + offsetof(rte_ipv4_hdr, src_addr), 8}));
  }
  if (is_ipv6 || protocol != IPPROTO_ICMP) {
    sum += rte_cpu_to_be_16(protocol);
    sum += rte_cpu_to_be_16(static_cast<std::uint16_t>(bytes));
  }
  return fold(sum + sum_from(packet, offset)) == 0xffff;
}

void read_flow(const Packet& packet, bool is_ipv6, const Transport& transport, bool checks_sum,
               FlowPacket& flow) {
  const std::uint32_t offset = transport.offset;
  flow.kind = Kind::kInvalid;
  flow.is_plain = false;
  flow.offset = offset;
  flow.tuple.source_port = flow.tuple.destination_port = 0;
  flow.tuple.protocol = transport.protocol;
  flow.tuple.is_ipv6 = is_ipv6;
  read_addresses(rte_pktmbuf_mtod_offset(&packet, const std::uint8_t*, kL2Bytes), flow.tuple);
  if (!transport.has_protocol || !transport.has_header) {
    return;
  }
  Kind kind = Kind::kFlow;
  if (transport.protocol == IPPROTO_TCP) {
    kind = accepts_tcp(packet, is_ipv6, offset, checks_sum) ? Kind::kFlow : Kind::kInvalid;
  } else if (transport.protocol == IPPROTO_UDP) {
    kind = accepts_udp(packet, is_ipv6, offset, checks_sum) ? Kind::kFlow : Kind::kInvalid;
  } else if (is_icmp(flow.tuple)) {
    kind = kind_of_icmp(packet, is_ipv6, offset, checks_sum);
  }
  flow.kind =
      kind == Kind::kFlow && !read_ports(packet, offset, flow.tuple) ? Kind::kInvalid : kind;
}

Tuple read_tuple(const Packet& frame, std::uint32_t network, bool is_ipv6) {
  const auto* const header = rte_pktmbuf_mtod_offset(&frame, const std::uint8_t*, network);
  const Transport transport =
      is_ipv6 ? transport6(frame, network) : transport4(header - network, network);
  Tuple tuple;
  tuple.is_ipv6 = is_ipv6;
  tuple.protocol = transport.protocol;
  read_addresses(header, tuple);
  if (!transport.has_header) {
    return tuple;
  }
  const auto type = read_at<std::uint8_t>(frame, transport.offset);
  if (is_icmp(tuple) && type && is_icmp_error_type(*type, is_ipv6)) {
    const auto quoted = read_quoted(frame, is_ipv6, transport.offset);
    const auto back = quoted ? inverse(quoted->tuple) : std::nullopt;
    return back.value_or(tuple);
  }
  static_cast<void>(read_ports(frame, transport.offset, tuple));
  return tuple;
}

std::optional<Quoted> read_quoted(const Packet& packet, bool is_ipv6, std::uint32_t offset) {
  Quoted quoted{.tuple = {}, .network = offset + kIcmpHeader, .transport = 0};
  quoted.tuple.is_ipv6 = is_ipv6;
  if (is_ipv6) {
    const auto header =
        read_at<std::array<std::uint8_t, sizeof(rte_ipv6_hdr)>>(packet, quoted.network);
    if (!header) {
      return std::nullopt;
    }
    read_addresses(header->data(), quoted.tuple);
    const Transport found = transport6(packet, quoted.network);
    if (!found.has_protocol || !found.has_header) {
      return std::nullopt;
    }
    quoted.tuple.protocol = found.protocol;
    quoted.transport = found.offset;
  } else {
    const auto header =
        read_at<std::array<std::uint8_t, sizeof(rte_ipv4_hdr)>>(packet, quoted.network);
    if (!header || (*header)[0] >> 4U != 4 || ((*header)[0] & 0xfU) < 5 ||
        (load16(header->data() + offsetof(rte_ipv4_hdr, fragment_offset)) &
         RTE_IPV4_HDR_OFFSET_MASK) != 0) {
      return std::nullopt;
    }
    read_addresses(header->data(), quoted.tuple);
    quoted.tuple.protocol = (*header)[offsetof(rte_ipv4_hdr, next_proto_id)];
    quoted.transport = quoted.network + ((*header)[0] & 0xfU) * 4U;
  }
  return read_ports(packet, quoted.transport, quoted.tuple) ? std::optional{quoted} : std::nullopt;
}

bool read_tcp(const Packet& packet, std::uint32_t offset, TcpHeader& header) {
  const auto data_offset = read_at<std::uint8_t>(packet, offset + offsetof(rte_tcp_hdr, data_off));
  const std::uint32_t bytes = tcp_header_bytes(data_offset.value_or(0));
  return bytes >= sizeof(rte_tcp_hdr) &&
         read_bytes(packet, offset, std::span{header.octets}.first(bytes));
}

std::uint32_t TcpHeader::length() const {
  return tcp_header_bytes(octets[offsetof(rte_tcp_hdr, data_off)]);
}

TcpSegment segment_of(const std::uint8_t* header, std::uint32_t bytes) {
  const std::uint32_t length = tcp_header_bytes(header[offsetof(rte_tcp_hdr, data_off)]);
  return {.seq = load32(header + offsetof(rte_tcp_hdr, sent_seq)),
          .ack = load32(header + offsetof(rte_tcp_hdr, recv_ack)),
          .window = load16(header + offsetof(rte_tcp_hdr, rx_win)),
          .flags = header[offsetof(rte_tcp_hdr, tcp_flags)],
          .payload_bytes = bytes - length,
          .options = {header + sizeof(rte_tcp_hdr), length - sizeof(rte_tcp_hdr)}};
}

TcpSegment TcpHeader::segment(const Packet& packet, std::uint32_t offset) const {
  return segment_of(octets.data(), packet.pkt_len - offset);
}

}  // namespace ringroad::filter
