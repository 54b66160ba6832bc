// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The frame that `explain` makes of words.
#include <netinet/in.h>

#include <cstdint>
#include <optional>
#include <type_traits>
#include <vector>

#include "interface/world.hpp"

namespace ringroad::control {

template <class Address>
struct ExplainedPacket {
  static constexpr bool kIsIpv6 = std::is_same_v<Address, Ipv6>;
  static constexpr std::uint8_t kIcmp{kIsIpv6 ? std::uint8_t{IPPROTO_ICMPV6}
                                              : std::uint8_t{IPPROTO_ICMP}};

  Mac destination_mac;
  Mac source_mac{{0x02, 0, 0, 0, 0, 0x01}};
  Address source;
  Address destination;
  std::uint8_t protocol = kIcmp;  // an echo request
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint8_t tos = 0;               // of IPv6, the traffic class
  std::uint8_t ttl = 64;              // of IPv6, the hop limit
  std::uint32_t flow_label = 0;       // of IPv6
  bool dont_fragment = false;         // of IPv4
  std::uint16_t length = kPingBytes;  // of the packet; at least shortest_length()

  // That of `ping`: 56 octets behind the headers.
  static constexpr std::uint16_t kPingBytes = kIsIpv6 ? 104 : 84;
};

template <class Address>
[[nodiscard]] std::uint16_t shortest_length(std::uint8_t protocol);
// Returns the frame as it arrives from the device, with the tags of a sub-interface. All checksums
// are right.
template <class Address>
[[nodiscard]] std::vector<std::uint8_t> make_frame(const ExplainedPacket<Address>& packet,
                                                   const neigh::Tags& tags);

}  // namespace ringroad::control
