// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// ARP over Ethernet for IPv4 (RFC 826): the wire form and its validation. No state.
#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "base/ipv4.hpp"
#include "base/mac.hpp"

namespace ringroad::neigh {

inline constexpr std::uint16_t kArpEtherType = 0x0806;
// Padded with zeros to the shortest frame that Ethernet carries, without its FCS.
inline constexpr std::size_t kArpFrame = 60;

struct ArpMessage {
  enum class Operation : std::uint8_t { kRequest = 1, kReply = 2 };
  Operation operation = Operation::kRequest;
  Mac sender_mac;
  Ipv4 sender;
  Mac target_mac;
  Ipv4 target;

  // What follows the Ethernet header. None where the message is malformed or must not be believed:
  // a sender MAC that is a group's (RFC 1812 3.3.2), a sender or target address that is
  // multicast or loopback (Linux arp_process).
  [[nodiscard]] static std::optional<ArpMessage> parse(std::span<const std::uint8_t> payload);
  // RFC 5227 2.1.1: asks for `target` without saying who asks.
  [[nodiscard]] bool is_probe() const {
    return operation == Operation::kRequest && sender == Ipv4{};
  }
  // Tells all stations of itself; of a reply Linux wants the target's MAC to say so too.
  [[nodiscard]] bool is_gratuitous() const;
  [[nodiscard]] std::array<std::uint8_t, kArpFrame> frame(Mac destination, Mac source) const;
};

}  // namespace ringroad::neigh
