// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Reads what lies in frames, whatever their octets are: those that are explained, and those that
// would be sent.
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "base/ipv4.hpp"
#include "base/mac.hpp"
#include "control/rehearsal.hpp"

namespace ringroad::control {

// Return zeros if the octets end before.
[[nodiscard]] Mac mac_at(std::span<const std::uint8_t> octets, std::size_t at);
template <class Address>
[[nodiscard]] Address address_at(std::span<const std::uint8_t> octets, std::size_t at);
template <>
Ipv4 address_at(std::span<const std::uint8_t> octets, std::size_t at);
template <>
Ipv6 address_at(std::span<const std::uint8_t> octets, std::size_t at);

// Where the addresses are in a header.
template <class Address>
inline constexpr std::size_t kSourceAt = std::is_same_v<Address, Ipv4> ? 12 : 8;
template <class Address>
inline constexpr std::size_t kDestinationAt = std::is_same_v<Address, Ipv4> ? 16 : 24;

// Returns the IPv4 or IPv6 packet in the frame, without padding, with a complete fixed header;
// empty if there is none.
[[nodiscard]] std::span<const std::uint8_t> ipv4_in(std::span<const std::uint8_t> frame);
[[nodiscard]] std::span<const std::uint8_t> ipv6_in(std::span<const std::uint8_t> frame);
// Returns ", VLAN 10 (802.1Q)" for each tag.
[[nodiscard]] std::string tags_in(std::span<const std::uint8_t> frame);
// "from 2001:db8::1 to 2001:db8::2, hop limit 64, traffic class 0x00, flow label 0x00000, fragment
// at 1448, UDP": the fields of an IPv6 packet with a complete fixed header.
[[nodiscard]] std::string ipv6_text(std::span<const std::uint8_t> packet);
// "ICMPv6 echo request (type 128, code 0)", if the packet has such a message.
[[nodiscard]] std::optional<std::string> icmp6_text_in(std::span<const std::uint8_t> packet);

// What lies in a frame that would be sent.
struct Sent {
  Mac destination;
  std::uint16_t ether_type = 0;  // behind its tags
  std::string source_ip;
  std::string destination_ip;
  std::uint8_t protocol = 0;  // of IPv6, behind the extension headers
  std::uint8_t tos = 0;       // of IPv6, the traffic class
  struct Icmp {
    std::uint8_t type;
    std::uint8_t code;
    std::uint32_t rest;
    // Of a redirect: the better first hop. Of neighbor discovery: the address that it is about.
    std::string target{};
  };
  std::optional<Icmp> icmp{};

  [[nodiscard]] bool is_ipv6() const { return ether_type == Ipv6::kEtherType; }
  // Of an ICMP error.
  [[nodiscard]] std::optional<std::uint32_t> mtu() const;
  [[nodiscard]] std::optional<std::uint32_t> pointer() const;
  [[nodiscard]] bool is_redirect() const;
};
[[nodiscard]] Sent read(const RehearsedFrame& frame);
// "ICMP echo reply (type 0, code 0) from 10.0.0.1 to 10.0.0.2".
[[nodiscard]] std::string describe(const RehearsedFrame& frame);

}  // namespace ringroad::control
