// SPDX-License-Identifier: BSD-3-Clause
#include "control/frame_reading.hpp"

#include <fmt/format.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>

#include "control/route_text.hpp"
#include "packet/vlan.hpp"

namespace ringroad::control {
namespace {

constexpr std::size_t kMacsBytes = 12;

std::uint16_t word_at(std::span<const std::uint8_t> octets, std::size_t at) {
  return at + 2 <= octets.size() ? static_cast<std::uint16_t>(octets[at] << 8U | octets[at + 1])
                                 : std::uint16_t{0};
}

// The place of the EtherType behind the tags.
std::size_t type_place(std::span<const std::uint8_t> frame) {
  std::size_t at = kMacsBytes;
  while (VlanTable::is_tag(word_at(frame, at))) {
    at += neigh::kTagBytes;
  }
  return at;
}

}  // namespace

Mac mac_at(std::span<const std::uint8_t> octets, std::size_t at) {
  Mac mac;
  if (at + mac.octets.size() <= octets.size()) {
    std::memcpy(mac.octets.data(), octets.data() + at, mac.octets.size());
  }
  return mac;
}

Ipv4 address_at(std::span<const std::uint8_t> octets, std::size_t at) {
  std::uint32_t wire = 0;
  if (at + sizeof wire <= octets.size()) {
    std::memcpy(&wire, octets.data() + at, sizeof wire);
  }
  return Ipv4{be32::from_wire(wire)};
}

std::span<const std::uint8_t> ipv4_in(std::span<const std::uint8_t> frame) {
  const std::size_t at = type_place(frame);
  if (word_at(frame, at) != RTE_ETHER_TYPE_IPV4 || frame.size() < at + 2 + sizeof(rte_ipv4_hdr)) {
    return {};
  }
  const auto packet = frame.subspan(at + 2);
  return packet.first(std::min<std::size_t>(packet.size(), word_at(packet, 2)));
}

std::string tags_in(std::span<const std::uint8_t> frame) {
  std::string text;
  for (std::size_t at = kMacsBytes; VlanTable::is_tag(word_at(frame, at)); at += neigh::kTagBytes) {
    text += fmt::format(", VLAN {} ({})", word_at(frame, at + 2) % VlanTable::kIds,
                        word_at(frame, at) == 0x8100 ? "802.1Q" : "802.1ad");
  }
  return text;
}

Sent read(const RehearsedFrame& frame) {
  const std::span<const std::uint8_t> octets = frame.octets;
  const std::size_t place = type_place(octets);
  // A packet that waits has no Ethernet header yet.
  Sent sent{.destination = mac_at(octets, 0),
            .ether_type = frame.waits ? std::uint16_t{RTE_ETHER_TYPE_IPV4} : word_at(octets, place),
            .source_ip = {},
            .destination_ip = {}};
  const std::size_t ip = frame.waits ? std::size_t{kL2Bytes} : place + 2;
  if (sent.ether_type != RTE_ETHER_TYPE_IPV4 || octets.size() < ip + sizeof(rte_ipv4_hdr)) {
    return sent;
  }
  sent.tos = octets[ip + 1];
  sent.protocol = octets[ip + 9];
  sent.source_ip = address_at(octets, ip + 12);
  sent.destination_ip = address_at(octets, ip + 16);
  const std::size_t message = ip + (octets[ip] & 0xfU) * 4U;
  const bool is_first = (word_at(octets, ip + 6) & RTE_IPV4_HDR_OFFSET_MASK) == 0;
  if (sent.protocol == IPPROTO_ICMP && is_first && octets.size() >= message + 8) {
    sent.icmp =
        Sent::Icmp{octets[message], octets[message + 1], address_at(octets, message + 4).value()};
  }
  return sent;
}

std::string describe(const RehearsedFrame& frame) {
  const Sent sent = read(frame);
  if (sent.ether_type == RTE_ETHER_TYPE_ARP) {
    return fmt::format("ARP reply to {}", sent.destination.to_string());
  }
  const std::string ends =
      fmt::format("from {} to {}", sent.source_ip.to_string(), sent.destination_ip.to_string());
  if (sent.icmp && frame.is_answer) {
    return fmt::format("{} {}", icmp_text(sent.icmp->type, sent.icmp->code), ends);
  }
  switch (sent.protocol) {
    case IPPROTO_ICMP:
      return sent.icmp
                 ? fmt::format("ICMP type {}, code {} {}", sent.icmp->type, sent.icmp->code, ends)
                 : fmt::format("ICMP {}", ends);
    case IPPROTO_TCP:
      return fmt::format("TCP {}{}", frame.is_answer ? "reset " : "", ends);
    case IPPROTO_UDP:
      return fmt::format("UDP {}", ends);
    default:
      return fmt::format("IPv4 protocol {} {}", sent.protocol, ends);
  }
}

}  // namespace ringroad::control
