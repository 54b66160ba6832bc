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
[[nodiscard]] Ipv4 address_at(std::span<const std::uint8_t> octets, std::size_t at);

// Returns the IPv4 packet in the frame, without padding; empty if there is none.
[[nodiscard]] std::span<const std::uint8_t> ipv4_in(std::span<const std::uint8_t> frame);
// Returns ", VLAN 10 (802.1Q)" for each tag.
[[nodiscard]] std::string tags_in(std::span<const std::uint8_t> frame);

// What lies in a frame that would be sent.
struct Sent {
  Mac destination;
  std::uint16_t ether_type = 0;  // behind its tags
  Ipv4 source_ip;
  Ipv4 destination_ip;
  std::uint8_t protocol = 0;
  std::uint8_t tos = 0;
  struct Icmp {
    std::uint8_t type;
    std::uint8_t code;
    std::uint32_t rest;
  };
  std::optional<Icmp> icmp{};
};
[[nodiscard]] Sent read(const RehearsedFrame& frame);
// "ICMP echo reply (type 0, code 0) from 10.0.0.1 to 10.0.0.2".
[[nodiscard]] std::string describe(const RehearsedFrame& frame);

}  // namespace ringroad::control
