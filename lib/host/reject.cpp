// SPDX-License-Identifier: BSD-3-Clause
// What the slow paths say about packets that a rule of the firewall rejects: Linux's
// nf_reject_ipv4.c and nf_reject_ipv6.c.
#include <netinet/in.h>
#include <rte_udp.h>

#include "filter/tracked.hpp"
#include "host/slow_path.hpp"
#include "host/slow_path6.hpp"
#include "host/transport.hpp"
#include "ip6/extension_headers.hpp"
#include "packet/read.hpp"

namespace ringroad::host {
namespace {

using stats::DropReason;
using stats::IpCounter;

constexpr std::uint16_t kGreChecksumPresent = 0x8000;

std::uint8_t code_of(Packet& packet) {
  return static_cast<std::uint8_t>(meta(packet).priority & ~unsigned{Rejection::kUnrouted});
}

// Whether the payload has the Internet checksum of all of its octets (nf_reject_verify_csum).
bool has_checksum(const Packet& packet, std::uint32_t offset, std::uint8_t protocol) {
  switch (protocol) {
    case IPPROTO_UDP: {
      const auto udp = read_at<rte_udp_hdr>(packet, offset);
      return !udp || udp->dgram_cksum != 0;
    }
    case IPPROTO_GRE: {
      const auto flags = read_at<std::uint16_t>(packet, offset);
      return !flags || (rte_be_to_cpu_16(*flags) & kGreChecksumPresent) != 0;
    }
    case IPPROTO_AH:
    case IPPROTO_ESP:
    case IPPROTO_SCTP:
    case IPPROTO_UDPLITE:
    case IPPROTO_DCCP:
      return false;
    default:
      return true;
  }
}

bool is_checksum_right(Packet& packet) {
  const rte_ipv4_hdr& header = ipv4(packet);
  const std::uint32_t offset = std::uint32_t{kL2Bytes} + header_bytes(header);
  const std::uint8_t protocol = header.next_proto_id;
  if (!has_checksum(packet, offset, protocol)) {
    return true;
  }
  if (protocol == IPPROTO_TCP || protocol == IPPROTO_UDP) {
    return ip4::payload_checksum_with_pseudo_header(packet) == 0;
  }
  // Linux's nf_ip_checksum adds the payload to the IP header: nothing but zeros is right too.
  const std::uint16_t sum = ip4::payload_checksum(packet);
  return sum == 0 || sum == 0xffff;
}

// The reset belongs to the connection of the packet that it is about.
OwnedPacket attached(const Packet& about, OwnedPacket reset) {
  if (reset) {
    filter::Tracked::attach(about, *reset);
  }
  return reset;
}

[[nodiscard]] bool is_later_fragment(Packet& packet) {
  return (ipv4(packet).fragment_offset & RTE_BE16(RTE_IPV4_HDR_OFFSET_MASK)) != 0;
}

}  // namespace

void SlowPath::reject(OwnedPacket packet) {
  const std::uint8_t code = code_of(*packet);
  if (is_later_fragment(*packet)) {
    sender_.drop(std::move(packet), DropReason::kFirewall);
  } else if (code != Rejection::kTcpReset) {
    if (is_checksum_right(*packet)) {
      send_error(*packet, {ip4::IcmpType::kUnreachable, code});
    }
    sender_.drop(std::move(packet), DropReason::kFirewall);
  } else {
    const bool is_tcp = ipv4(*packet).next_proto_id == IPPROTO_TCP &&
                        check_tcp(segment_of(*packet)) == TransportCheck::kGood;
    const auto reset = is_tcp ? reset_of(segment_of(*packet)) : std::nullopt;
    if (reset && !is_for_many(*packet)) {  // also if the frame was a broadcast
      counters_.add(IpCounter::kTcpOutRsts);
      answer(*packet, attached(*packet, make_reset(sender_.pool(),
                                                   ip4::OwnHeader{.source = destination_of(*packet),
                                                                  .destination = source_of(*packet),
                                                                  .protocol = IPPROTO_TCP,
                                                                  .dont_fragment = true},
                                                   *reset)));
    }
    sender_.drop(std::move(packet), DropReason::kFirewall);
  }
}

void SlowPath6::reject(OwnedPacket packet) {
  const std::uint8_t code = code_of(*packet);
  const ip6::Chain chain = ip6::walk(*packet);
  const bool is_whole = chain.end == ip6::Chain::End::kUpper && chain.offset < packet->pkt_len;
  if (is_whole && code != Rejection::kTcpReset) {
    if (!has_checksum(*packet, chain.offset, chain.protocol) ||
        ip6::payload_checksum(*packet, chain.offset, chain.protocol) == 0) {
      send_error(*packet, {ip6::Icmp6Type::kUnreachable, code});
    }
  } else if (is_whole && chain.protocol == IPPROTO_TCP) {
    const Segment segment{*packet, chain.offset};
    const bool is_good = source6_of(*packet).is_unicast() &&
                         destination6_of(*packet).is_unicast() &&
                         check_tcp(segment) == TransportCheck::kGood;
    if (const auto reset = is_good ? reset_of(segment) : std::nullopt) {
      counters_.add(IpCounter::kTcpOutRsts);
      answer(*packet,
             attached(*packet, make_reset(sender_.pool(),
                                          ip6::OwnHeader{.source = destination6_of(*packet),
                                                         .destination = source6_of(*packet),
                                                         .protocol = IPPROTO_TCP},
                                          *reset)));
    }
  }
  sender_.drop(std::move(packet), DropReason::kFirewall);
}

}  // namespace ringroad::host
