// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// ARP over Ethernet for IPv4 (RFC 826): the wire format and its validation, without state.
#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "base/ipv4.hpp"
#include "base/mac.hpp"

namespace ringroad::neigh {

inline constexpr std::uint16_t kArpEtherType = 0x0806;
// The shortest Ethernet frame without its FCS; messages are padded with zeros to this length.
inline constexpr std::size_t kArpFrame = 60;

struct ArpMessage {
  enum class Operation : std::uint8_t { kRequest = 1, kReply = 2 };
  Operation operation = Operation::kRequest;
  Mac sender_mac;
  Ipv4 sender;
  Mac target_mac;
  Ipv4 target;

  // Parses the bytes after the Ethernet header. Returns nothing if the message is malformed or must
  // not be accepted: a group address as sender MAC (RFC 1812 3.3.2), or a sender or target address
  // that is multicast or loopback (Linux arp_process).
  [[nodiscard]] static std::optional<ArpMessage> parse(std::span<const std::uint8_t> payload);
  // RFC 5227 2.1.1: the message asks for `target` without a sender address.
  [[nodiscard]] bool is_probe() const {
    return operation == Operation::kRequest && sender == Ipv4{};
  }
  // The sender announces its own address to all stations; for a reply Linux also requires that the
  // target MAC equals the sender's.
  [[nodiscard]] bool is_gratuitous() const;
  [[nodiscard]] std::array<std::uint8_t, kArpFrame> frame(Mac destination, Mac source) const;
};

}  // namespace ringroad::neigh
