// SPDX-License-Identifier: BSD-3-Clause
#include "control/frame_reading.hpp"

#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

#include "control/route_text.hpp"
#include "ip4/icmp.hpp"
#include "ip6/extension_headers.hpp"
#include "ip6/icmp.hpp"
#include "packet/vlan.hpp"

namespace ringroad::control {
namespace {

using ip4::IcmpType;
using ip6::Icmp6Type;

constexpr std::size_t kMacsBytes = 12;
constexpr std::size_t kIcmpHeader = 8;

std::uint16_t word_at(std::span<const std::uint8_t> octets, std::size_t at) {
  return at + 2 <= octets.size() ? static_cast<std::uint16_t>(octets[at] << 8U | octets[at + 1])
                                 : std::uint16_t{0};
}

std::uint32_t long_at(std::span<const std::uint8_t> octets, std::size_t at) {
  return std::uint32_t{word_at(octets, at)} << 16U | word_at(octets, at + 2);
}

// The place of the EtherType behind the tags.
std::size_t type_place(std::span<const std::uint8_t> frame) {
  std::size_t at = kMacsBytes;
  while (VlanTable::is_tag(word_at(frame, at))) {
    at += neigh::kTagBytes;
  }
  return at;
}

// The packet in the frame, if it is of that EtherType and so many octets are there.
std::span<const std::uint8_t> packet_in(std::span<const std::uint8_t> frame, std::uint16_t type,
                                        std::size_t least) {
  const std::size_t at = type_place(frame);
  const bool is_there = word_at(frame, at) == type && frame.size() >= at + 2 + least;
  return is_there ? frame.subspan(at + 2) : std::span<const std::uint8_t>{};
}

// What follows the fixed header of IPv6, as far as the octets go.
struct Upper {
  std::string headers;  // "hop-by-hop options, fragment at 1448, "
  std::uint8_t protocol = 0;
  std::size_t at = 0;
  bool is_there = true;  // false behind a fragment's header that is not the first
};

Upper upper_of(std::span<const std::uint8_t> packet) {
  Upper upper{.headers = {}, .protocol = packet[6], .at = sizeof(rte_ipv6_hdr)};
  for (unsigned count = 0; count < ip6::kExtensionHeadersMax; ++count) {
    const std::size_t length = upper.at + 1 < packet.size() ? packet[upper.at + 1] : 0;
    std::size_t bytes = (length + 1) * 8;
    switch (upper.protocol) {
      case IPPROTO_HOPOPTS:
        upper.headers += "hop-by-hop options, ";
        break;
      case IPPROTO_DSTOPTS:
        upper.headers += "destination options, ";
        break;
      case IPPROTO_ROUTING:
        upper.headers += "routing header, ";
        break;
      case IPPROTO_AH:
        upper.headers += "authentication header, ";
        bytes = (length + 2) * 4;
        break;
      case IPPROTO_FRAGMENT: {
        const unsigned offset = word_at(packet, upper.at + 2) & 0xfff8U;
        upper.headers += fmt::format("fragment at {}, ", offset);
        upper.is_there = offset == 0;
        bytes = ip6::kFragmentHeader;
        break;
      }
      default:
        return upper;
    }
    if (upper.at + bytes > packet.size()) {
      upper.is_there = false;
      return upper;
    }
    upper.protocol = packet[upper.at];
    upper.at += bytes;
    if (!upper.is_there) {
      return upper;
    }
  }
  return upper;
}

std::string protocol_text(std::uint8_t protocol) {
  switch (protocol) {
    case IPPROTO_TCP:
      return "TCP";
    case IPPROTO_UDP:
      return "UDP";
    case IPPROTO_UDPLITE:
      return "UDP-Lite";
    case IPPROTO_ICMPV6:
      return "ICMPv6";
    case IPPROTO_ESP:
      return "ESP";
    case IPPROTO_NONE:
      return "no next header";
    default:
      return fmt::format("next header {}", protocol);
  }
}

void read_ipv4(std::span<const std::uint8_t> packet, Sent& sent) {
  sent.tos = packet[1];
  sent.protocol = packet[9];
  sent.source_ip = address_at<Ipv4>(packet, kSourceAt<Ipv4>).to_string();
  sent.destination_ip = address_at<Ipv4>(packet, kDestinationAt<Ipv4>).to_string();
  const std::size_t message = std::size_t{packet[0] & 0xfU} * 4;
  const bool is_first = (word_at(packet, 6) & RTE_IPV4_HDR_OFFSET_MASK) == 0;
  if (sent.protocol == IPPROTO_ICMP && is_first && packet.size() >= message + kIcmpHeader) {
    sent.icmp = {packet[message], packet[message + 1], long_at(packet, message + 4)};
    if (sent.is_redirect()) {
      sent.icmp->target = Ipv4{sent.icmp->rest}.to_string();
    }
  }
}

void read_ipv6(std::span<const std::uint8_t> packet, Sent& sent) {
  const Upper upper = upper_of(packet);
  sent.tos = static_cast<std::uint8_t>(word_at(packet, 0) >> 4U);
  sent.protocol = upper.protocol;
  sent.source_ip = address_at<Ipv6>(packet, kSourceAt<Ipv6>).to_string();
  sent.destination_ip = address_at<Ipv6>(packet, kDestinationAt<Ipv6>).to_string();
  const std::size_t message = upper.at;
  if (sent.protocol != IPPROTO_ICMPV6 || !upper.is_there || packet.size() < message + kIcmpHeader) {
    return;
  }
  sent.icmp = {packet[message], packet[message + 1], long_at(packet, message + 4)};
  const auto type = static_cast<Icmp6Type>(sent.icmp->type);
  if (sent.is_redirect() || type == Icmp6Type::kNeighborSolicitation ||
      type == Icmp6Type::kNeighborAdvertisement) {
    sent.icmp->target = address_at<Ipv6>(packet, message + kIcmpHeader).to_string();
  }
}

// What an ICMP message says besides its type: ", MTU 1400".
std::string detail_of(const Sent& sent) {
  if (!sent.icmp) {
    return {};
  }
  if (const auto mtu = sent.mtu()) {
    return fmt::format(", MTU {}", *mtu);
  }
  if (const auto pointer = sent.pointer()) {
    return fmt::format(", octet {}", *pointer);
  }
  return sent.icmp->target.empty() ? std::string{}
         : sent.is_redirect()      ? fmt::format(", better by {}", sent.icmp->target)
                                   : fmt::format(", about {}", sent.icmp->target);
}

}  // namespace

Mac mac_at(std::span<const std::uint8_t> octets, std::size_t at) {
  Mac mac;
  if (at + mac.octets.size() <= octets.size()) {
    std::memcpy(mac.octets.data(), octets.data() + at, mac.octets.size());
  }
  return mac;
}

template <>
Ipv4 address_at(std::span<const std::uint8_t> octets, std::size_t at) {
  return Ipv4{long_at(octets, at)};
}

template <>
Ipv6 address_at(std::span<const std::uint8_t> octets, std::size_t at) {
  return at + sizeof(Ipv6) <= octets.size() ? Ipv6::read(octets.data() + at) : Ipv6{};
}

std::span<const std::uint8_t> ipv4_in(std::span<const std::uint8_t> frame) {
  const auto packet = packet_in(frame, RTE_ETHER_TYPE_IPV4, sizeof(rte_ipv4_hdr));
  return packet.first(std::min<std::size_t>(packet.size(), word_at(packet, 2)));
}

std::span<const std::uint8_t> ipv6_in(std::span<const std::uint8_t> frame) {
  const auto packet = packet_in(frame, RTE_ETHER_TYPE_IPV6, sizeof(rte_ipv6_hdr));
  const std::size_t payload = word_at(packet, 4);
  // The length of a jumbogram (RFC 2675) is in an option.
  const bool is_jumbo = payload == 0 && !packet.empty() && packet[6] == IPPROTO_HOPOPTS;
  return is_jumbo ? packet : packet.first(std::min(packet.size(), sizeof(rte_ipv6_hdr) + payload));
}

std::string tags_in(std::span<const std::uint8_t> frame) {
  std::string text;
  for (std::size_t at = kMacsBytes; VlanTable::is_tag(word_at(frame, at)); at += neigh::kTagBytes) {
    text += fmt::format(", VLAN {} ({})", word_at(frame, at + 2) % VlanTable::kIds,
                        word_at(frame, at) == 0x8100 ? "802.1Q" : "802.1ad");
  }
  return text;
}

std::string ipv6_text(std::span<const std::uint8_t> packet) {
  const Upper upper = upper_of(packet);
  return fmt::format("from {} to {}, hop limit {}, traffic class {:#04x}, flow label {:#07x}, {}{}",
                     address_at<Ipv6>(packet, kSourceAt<Ipv6>).to_string(),
                     address_at<Ipv6>(packet, kDestinationAt<Ipv6>).to_string(), packet[7],
                     word_at(packet, 0) >> 4U & 0xffU, long_at(packet, 0) & 0xfffffU, upper.headers,
                     protocol_text(upper.protocol));
}

std::optional<std::string> icmp6_text_in(std::span<const std::uint8_t> packet) {
  const Upper upper = upper_of(packet);
  const bool has_message = upper.protocol == IPPROTO_ICMPV6 && upper.is_there;
  return has_message && packet.size() >= upper.at + 2
             ? std::optional{icmp6_text(packet[upper.at], packet[upper.at + 1])}
             : std::nullopt;
}

std::optional<std::uint32_t> Sent::mtu() const {
  if (icmp && !is_ipv6() && static_cast<IcmpType>(icmp->type) == IcmpType::kUnreachable &&
      icmp->code == 4) {
    return icmp->rest & 0xffffU;
  }
  const bool too_big =
      icmp && is_ipv6() && static_cast<Icmp6Type>(icmp->type) == Icmp6Type::kPacketTooBig;
  return too_big ? std::optional{icmp->rest} : std::nullopt;
}

std::optional<std::uint32_t> Sent::pointer() const {
  if (icmp && !is_ipv6() && static_cast<IcmpType>(icmp->type) == IcmpType::kParameterProblem) {
    return icmp->rest >> 24U;
  }
  const bool problem =
      icmp && is_ipv6() && static_cast<Icmp6Type>(icmp->type) == Icmp6Type::kParameterProblem;
  return problem ? std::optional{icmp->rest} : std::nullopt;
}

bool Sent::is_redirect() const {
  return icmp && (is_ipv6() ? static_cast<Icmp6Type>(icmp->type) == Icmp6Type::kRedirect
                            : static_cast<IcmpType>(icmp->type) == IcmpType::kRedirect);
}

Sent read(const RehearsedFrame& frame) {
  const std::span<const std::uint8_t> octets = frame.octets;
  const std::size_t place = type_place(octets);
  const std::size_t ip = frame.waits ? std::size_t{kL2Bytes} : place + 2;
  Sent sent{.destination = mac_at(octets, 0),
            .ether_type = word_at(octets, place),
            .source_ip = {},
            .destination_ip = {}};
  if (octets.size() <= ip) {
    return sent;
  }
  const auto packet = octets.subspan(ip);
  if (frame.waits) {
    // A packet that waits may have no Ethernet header yet.
    sent.ether_type = packet[0] >> 4U == 6 ? RTE_ETHER_TYPE_IPV6 : RTE_ETHER_TYPE_IPV4;
  }
  if (sent.ether_type == RTE_ETHER_TYPE_IPV4 && packet.size() >= sizeof(rte_ipv4_hdr)) {
    read_ipv4(packet, sent);
  } else if (sent.is_ipv6() && packet.size() >= sizeof(rte_ipv6_hdr)) {
    read_ipv6(packet, sent);
  }
  return sent;
}

std::string describe(const RehearsedFrame& frame) {
  const Sent sent = read(frame);
  if (sent.ether_type == RTE_ETHER_TYPE_ARP) {
    return fmt::format("ARP reply to {}", sent.destination.to_string());
  }
  const std::string ends = fmt::format("from {} to {}", sent.source_ip, sent.destination_ip);
  if (sent.icmp && (frame.is_answer || sent.is_ipv6())) {
    return fmt::format("{}{} {}",
                       sent.is_ipv6() ? icmp6_text(sent.icmp->type, sent.icmp->code)
                                      : icmp_text(sent.icmp->type, sent.icmp->code),
                       detail_of(sent), ends);
  }
  switch (sent.protocol) {
    case IPPROTO_ICMP:
      return sent.icmp
                 ? fmt::format("ICMP type {}, code {} {}", sent.icmp->type, sent.icmp->code, ends)
                 : fmt::format("ICMP {}", ends);
    case IPPROTO_ICMPV6:
      return fmt::format("ICMPv6 {}", ends);
    case IPPROTO_TCP:
      return fmt::format("TCP {}{}", frame.is_answer ? "reset " : "", ends);
    case IPPROTO_UDP:
      return fmt::format("UDP {}", ends);
    default:
      return fmt::format("{} protocol {} {}", sent.is_ipv6() ? "IPv6" : "IPv4", sent.protocol,
                         ends);
  }
}

}  // namespace ringroad::control
