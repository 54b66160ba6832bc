// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Checks the options in hop-by-hop and destination options headers (RFC 8200 4.2) like Linux's
// ip6_parse_tlv. Reads only: the caller drops the packet and reports what is wrong with it.
#include <cstdint>
#include <optional>

#include "ip6/header.hpp"
#include "packet/packet.hpp"

namespace ringroad::ip6 {

// In one header, padding aside: Linux's max_hbh_opts_number and max_dst_opts_number.
inline constexpr unsigned kOptionsMax = 8;

// Codes of a parameter problem (RFC 4443 3.4, RFC 7112 5).
inline constexpr std::uint8_t kErroneousField = 0;
inline constexpr std::uint8_t kUnknownNextHeader = 1;
inline constexpr std::uint8_t kUnknownOption = 2;
inline constexpr std::uint8_t kIncompleteChain = 3;

struct CheckedOptions {
  enum class Result : std::uint8_t {
    kGood,
    kDrop,     // in silence
    kProblem,  // drop, and report a parameter problem
  };
  Result result = Result::kGood;
  std::uint8_t code = 0;                        // of the problem
  std::uint32_t pointer = 0;                    // of the problem: from the IPv6 header's start
  std::uint16_t length = 0;                     // of the header, octets
  std::uint8_t next_header = 0;                 // what follows it
  std::optional<std::uint16_t> router_alert{};  // its value (RFC 2711 2.1)
};

enum class OptionsKind : std::uint8_t { kHopByHop, kDestination };

// Checks the header that begins at this offset from the frame's start.
[[nodiscard]] CheckedOptions check_options(Packet& packet, std::uint32_t offset, OptionsKind kind);

// Checks the hop-by-hop options of any packet, to be forwarded or not. A packet without them is
// good.
[[nodiscard]] CheckedOptions check_hop_by_hop(Packet& packet);

}  // namespace ringroad::ip6
