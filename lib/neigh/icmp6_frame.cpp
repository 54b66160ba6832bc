// SPDX-License-Identifier: BSD-3-Clause
#include "neigh/icmp6_frame.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "neigh/adjacency.hpp"

namespace ringroad::neigh {
namespace {

constexpr std::uint8_t kHopByHop = 0;
constexpr std::size_t kLeastMessage = 8;
constexpr std::uint8_t kPad1 = 0;
constexpr std::uint8_t kRouterAlert = 5;
// Next header ICMPv6, 8 octets; router alert for MLD (RFC 2711 2.1); PadN of 2 octets.
constexpr std::array<std::uint8_t, 8> kMldOptions{kIcmp6, 0, kRouterAlert, 2, 0, 0, 1, 0};

// Whether well-formed options, whose unknown ones may be skipped (RFC 8200 4.2), contain the router
// alert for MLD; nothing if they are not well-formed.
std::optional<bool> has_router_alert(Octets options) {
  bool found = false;
  for (std::size_t at = 0; at < options.size();) {
    const std::uint8_t type = options[at];
    if (type == kPad1) {
      ++at;
      continue;
    }
    if (at + 2 > options.size() || at + 2 + options[at + 1] > options.size() || type >> 6 != 0) {
      return std::nullopt;
    }
    const std::size_t length = options[at + 1];
    found = found || (type == kRouterAlert && length == 2 && read16(options, at + 2) == 0);
    at += 2 + length;
  }
  return found;
}

}  // namespace

Mac multicast_mac(Ipv6 group) {
  Mac mac{{0x33, 0x33}};
  for (unsigned i = 0; i < 4; ++i) {
    mac.octets[2 + i] = static_cast<std::uint8_t>(group.low() >> (24 - 8 * i));
  }
  return mac;
}

std::uint16_t icmp6_checksum(Ipv6 source, Ipv6 destination, Octets message) {
  // The pseudo header of RFC 8200 8.1.
  std::uint64_t sum = message.size() + kIcmp6;
  for (const std::uint64_t half :
       {source.high(), source.low(), destination.high(), destination.low()}) {
    sum += (half >> 48) + (half >> 32 & 0xffff) + (half >> 16 & 0xffff) + (half & 0xffff);
  }
  for (std::size_t i = 0; i + 1 < message.size(); i += 2) {
    sum += read16(message, i);
  }
  if (message.size() % 2 != 0) {
    sum += std::uint64_t{message.back()} << 8;
  }
  while (sum >> 16 != 0) {
    sum = (sum & 0xffff) + (sum >> 16);
  }
  return static_cast<std::uint16_t>(~sum);
}

std::uint16_t read16(Octets bytes, std::size_t offset) {
  return static_cast<std::uint16_t>(bytes[offset] << 8 | bytes[offset + 1]);
}

std::uint32_t read32(Octets bytes, std::size_t offset) {
  return std::uint32_t{read16(bytes, offset)} << 16 | read16(bytes, offset + 2);
}

Icmp6Frame::Icmp6Frame(const Header& header, std::uint8_t type)
    : source_{header.source}, destination_{header.destination} {
  bytes_.reserve(128);
  put(ethernet_header(header.destination_mac, header.source_mac, Ipv6::kEtherType));
  put32(0x6000'0000);  // version 6, traffic class 0 as in Linux, no flow label
  put16(0);
  put8(header.router_alert ? kHopByHop : kIcmp6);
  put8(header.hop_limit);
  put(source_);
  put(destination_);
  if (header.router_alert) {
    put(kMldOptions);
  }
  message_ = bytes_.size();
  put8(type);
  put8(0);
  put16(0);
}

void Icmp6Frame::put16(std::uint16_t value) {
  put8(static_cast<std::uint8_t>(value >> 8));
  put8(static_cast<std::uint8_t>(value));
}

void Icmp6Frame::put32(std::uint32_t value) {
  put16(static_cast<std::uint16_t>(value >> 16));
  put16(static_cast<std::uint16_t>(value));
}

void Icmp6Frame::put(Ipv6 address) {
  std::array<std::uint8_t, 16> octets{};
  address.write(octets.data());
  put(octets);
}

std::size_t Icmp6Frame::room() const {
  const std::size_t packet = bytes_.size() - kEthernetHeader;
  return packet < kIpv6MinMtu ? kIpv6MinMtu - packet : 0;
}

std::vector<std::uint8_t> Icmp6Frame::finish() && {
  const auto store16 = [this](std::size_t offset, std::size_t value) {
    bytes_[offset] = static_cast<std::uint8_t>(value >> 8);
    bytes_[offset + 1] = static_cast<std::uint8_t>(value);
  };
  store16(kEthernetHeader + 4, bytes_.size() - kEthernetHeader - kIpv6Header);
  store16(message_ + 2, icmp6_checksum(source_, destination_, std::span{bytes_}.subspan(message_)));
  return std::move(bytes_);
}

std::optional<Icmp6Message> find_icmp6(Octets packet) {
  if (packet.size() < kIpv6Header || packet[0] >> 4 != 6 ||
      packet.size() - kIpv6Header < read16(packet, 4)) {
    return std::nullopt;
  }
  Icmp6Message message{.source = Ipv6::read(&packet[8]),
                       .destination = Ipv6::read(&packet[24]),
                       .hop_limit = packet[7],
                       .bytes = packet.subspan(kIpv6Header, read16(packet, 4))};
  std::uint8_t next = packet[6];
  if (next == kHopByHop) {
    const std::size_t length = message.bytes.size() < 8 ? 0 : (message.bytes[1] + 1U) * 8;
    if (length == 0 || length > message.bytes.size()) {
      return std::nullopt;
    }
    const auto alert = has_router_alert(message.bytes.subspan(2, length - 2));
    if (!alert) {
      return std::nullopt;
    }
    message.router_alert = *alert;
    next = message.bytes[0];
    message.bytes = message.bytes.subspan(length);
  }
  if (next != kIcmp6 || message.bytes.size() < kLeastMessage || message.source.is_multicast() ||
      message.source.is_loopback() ||
      icmp6_checksum(message.source, message.destination, message.bytes) != 0) {
    return std::nullopt;
  }
  return message;
}

}  // namespace ringroad::neigh
