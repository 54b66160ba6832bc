// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Which ICMP messages are errors, and why an error is not sent.
#include <cstdint>

namespace ringroad {

// An error quotes the packet that it is about (RFC 1122 3.2.2).
[[nodiscard]] constexpr bool is_icmp_error(std::uint8_t type) {
  return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

// Why a packet causes no ICMP error.
enum class Silence : std::uint8_t {
  kNone,  // it does cause one
  // RFC 1812 4.3.2.7:
  kSentToMany,     // in a broadcast or multicast frame
  kLaterFragment,  // not the first fragment of its datagram
  kSender,         // its source address is not that of one host
  kIcmpError,      // itself an ICMP error, or of a type that may be one
  // Others:
  kNoWayBack,  // no route to the sender
  kLimited,    // too many errors to that sender, or in all
  kNoRoom,     // its options or the MTU of the way back leave no room, or no buffer is free
};

}  // namespace ringroad
