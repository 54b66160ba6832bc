// SPDX-License-Identifier: BSD-3-Clause
#include "neigh/arp_message.hpp"

#include <algorithm>

#include "neigh/adjacency.hpp"

namespace ringroad::neigh {
namespace {

// Hardware type Ethernet, protocol IPv4, address lengths 6 and 4 (RFC 826).
constexpr std::array<std::uint8_t, 6> kFixedPart{0, 1, 0x08, 0x00, 6, 4};
// Stations on IEEE 802 networks that are bridged to Ethernet send this hardware type; Linux accepts
// it too.
constexpr std::uint8_t kHardwareIeee802 = 6;
constexpr std::size_t kMessage = 28;
constexpr std::size_t kSenderMac = 8;
constexpr std::size_t kSender = 14;
constexpr std::size_t kTargetMac = 18;
constexpr std::size_t kTarget = 24;

Mac mac_at(std::span<const std::uint8_t> bytes, std::size_t offset) {
  Mac mac;
  std::ranges::copy(bytes.subspan(offset, 6), mac.octets.begin());
  return mac;
}

Ipv4 address_at(std::span<const std::uint8_t> bytes, std::size_t offset) {
  return {bytes[offset], bytes[offset + 1], bytes[offset + 2], bytes[offset + 3]};
}

void put(std::span<std::uint8_t> bytes, std::size_t offset, Mac mac) {
  std::ranges::copy(mac.octets, bytes.begin() + static_cast<std::ptrdiff_t>(offset));
}

void put(std::span<std::uint8_t> bytes, std::size_t offset, Ipv4 address) {
  for (std::size_t i = 0; i < 4; ++i) {
    bytes[offset + i] = static_cast<std::uint8_t>(address.value() >> (24 - 8 * i));
  }
}

bool believable(Ipv4 address) { return !address.is_multicast() && !address.is_loopback(); }

}  // namespace

std::optional<ArpMessage> ArpMessage::parse(std::span<const std::uint8_t> payload) {
  if (payload.size() < kMessage || payload[0] != 0 ||
      (payload[1] != kFixedPart[1] && payload[1] != kHardwareIeee802) ||
      !std::ranges::equal(payload.subspan(2, 4), std::span{kFixedPart}.subspan(2)) ||
      payload[6] != 0 || (payload[7] != 1 && payload[7] != 2)) {
    return std::nullopt;
  }
  const ArpMessage message{
      .operation = static_cast<Operation>(payload[7]),
      .sender_mac = mac_at(payload, kSenderMac),
      .sender = address_at(payload, kSender),
      .target_mac = mac_at(payload, kTargetMac),
      .target = address_at(payload, kTarget),
  };
  if (message.sender_mac.is_multicast() || !believable(message.sender) ||
      !believable(message.target)) {
    return std::nullopt;
  }
  return message;
}

bool ArpMessage::is_gratuitous() const {
  return sender == target && (operation == Operation::kRequest || target_mac == sender_mac);
}

std::array<std::uint8_t, kArpFrame> ArpMessage::frame(Mac destination, Mac source) const {
  std::array<std::uint8_t, kArpFrame> bytes{};
  std::ranges::copy(ethernet_header(destination, source, kArpEtherType), bytes.begin());
  const auto message = std::span{bytes}.subspan(kEthernetHeader);
  std::ranges::copy(kFixedPart, message.begin());
  message[7] = static_cast<std::uint8_t>(operation);
  put(message, kSenderMac, sender_mac);
  put(message, kSender, sender);
  put(message, kTargetMac, target_mac);
  put(message, kTarget, target);
  return bytes;
}

}  // namespace ringroad::neigh
