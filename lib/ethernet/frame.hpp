// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The fields of an Ethernet header.
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "packet/packet.hpp"

namespace ringroad::ethernet {

inline constexpr std::uint64_t kMacBits = 0xffffffffffffU;
inline constexpr std::size_t kEtherTypeOffset = 12;

[[nodiscard]] inline std::uint64_t destination_mac(Packet& packet) {
  std::uint64_t eight = 0;
  std::memcpy(&eight, frame(packet), sizeof eight);
  return eight & kMacBits;
}

// Returns the word in wire order.
[[nodiscard]] inline std::uint16_t word_at(Packet& packet, std::size_t offset) {
  std::uint16_t word = 0;
  std::memcpy(&word, frame(packet) + offset, sizeof word);
  return word;
}

inline constexpr auto kIpv4 = RTE_BE16(RTE_ETHER_TYPE_IPV4);
inline constexpr auto kIpv6 = RTE_BE16(RTE_ETHER_TYPE_IPV6);

[[nodiscard]] inline L2Class l2_class_of(std::uint64_t destination, std::uint64_t mac) {
  if (destination == mac) {
    return L2Class::kHost;
  }
  if (destination == kMacBits) {
    return L2Class::kBroadcast;
  }
  // The group bit is the lowest of the first octet.
  return (destination & 1U) != 0 ? L2Class::kMulticast : L2Class::kOtherHost;
}

// Whether the frame is untagged, for this station, and has this EtherType, in wire order. What
// follows may be incomplete. There is no branch, because in a mix of types it cannot be predicted.
[[nodiscard, gnu::always_inline]] inline bool is_for(Packet& packet, std::uint64_t mac,
                                                     std::uint16_t type) {
  const bool is_long = packet.data_len >= kL2Bytes;
  const bool is_ours = destination_mac(packet) == mac;
  const bool has_type = word_at(packet, kEtherTypeOffset) == type;
  const bool is_tagged = (packet.ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0;
  return static_cast<bool>(static_cast<unsigned>(is_long) & static_cast<unsigned>(is_ours) &
                           static_cast<unsigned>(has_type) & static_cast<unsigned>(!is_tagged));
}

}  // namespace ringroad::ethernet
