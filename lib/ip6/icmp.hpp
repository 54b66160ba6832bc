// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Composes and checks ICMPv6 messages (RFC 4443), off the fast path.
#include <cstddef>
#include <cstdint>
#include <span>

#include "ip6/compose.hpp"
#include "ip6/header.hpp"
#include "packet/icmp_error.hpp"
#include "packet/packet.hpp"

struct rte_mempool;

namespace ringroad::ip6 {

enum class Icmp6Type : std::uint8_t {
  kUnreachable = 1,
  kPacketTooBig = 2,
  kTimeExceeded = 3,
  kParameterProblem = 4,
  kEchoRequest = 128,
  kEchoReply = 129,
  kMldQuery = 130,  // RFC 2710, RFC 3810
  kMldReport = 131,
  kMldDone = 132,
  kRouterSolicitation = 133,  // RFC 4861
  kRouterAdvertisement = 134,
  kNeighborSolicitation = 135,
  kNeighborAdvertisement = 136,
  kRedirect = 137,
  kMldv2Report = 143,
};

inline constexpr std::uint16_t kIcmp6Header = 8;

// Whether the packet is a message of RFC 4861 with no extension header, which no honest one has
// (RFC 6980). `packet`: from the fixed header on, which is complete.
[[nodiscard]] constexpr bool is_neighbor_discovery(std::span<const std::uint8_t> packet) {
  constexpr std::uint8_t kIcmp6 = 58;
  return packet.size() > kFixedHeader && packet[offsetof(rte_ipv6_hdr, proto)] == kIcmp6 &&
         packet[kFixedHeader] >= static_cast<std::uint8_t>(Icmp6Type::kRouterSolicitation) &&
         packet[kFixedHeader] <= static_cast<std::uint8_t>(Icmp6Type::kRedirect);
}

// RFC 4443 2.1: the others are informational.
[[nodiscard]] constexpr bool is_error(std::uint8_t type) { return type < 128; }

struct IcmpError {
  Icmp6Type type;
  std::uint8_t code;
  std::uint32_t rest = 0;  // the rest of its header: MTU or pointer
};
inline constexpr IcmpError kNoRoute{Icmp6Type::kUnreachable, 0};
inline constexpr IcmpError kAdministrativelyProhibited{Icmp6Type::kUnreachable, 1};
inline constexpr IcmpError kBeyondScope{Icmp6Type::kUnreachable, 2};
inline constexpr IcmpError kAddressUnreachable{Icmp6Type::kUnreachable, 3};
inline constexpr IcmpError kPortUnreachable{Icmp6Type::kUnreachable, 4};
inline constexpr IcmpError kIngressPolicy{Icmp6Type::kUnreachable, 5};
inline constexpr IcmpError kRejectRoute{Icmp6Type::kUnreachable, 6};
inline constexpr IcmpError kHopLimitExceeded{Icmp6Type::kTimeExceeded, 0};
inline constexpr IcmpError kReassemblyTimeExceeded{Icmp6Type::kTimeExceeded, 1};
[[nodiscard]] constexpr IcmpError packet_too_big(std::uint32_t mtu) {
  return {Icmp6Type::kPacketTooBig, 0, mtu};
}
// The codes are in ip6/options.hpp. `pointer`: the octet at fault, from the IPv6 header's start.
[[nodiscard]] constexpr IcmpError parameter_problem(std::uint8_t code, std::uint32_t pointer) {
  return {Icmp6Type::kParameterProblem, code, pointer};
}

// RFC 4443 2.4(e): no error is sent about an ICMPv6 error or a redirect, or to a sender that is not
// one host. Only a packet that is too big and some options are reported if they were sent to many.
[[nodiscard]] Silence silence_about(Packet& offender, const IcmpError& error);

// Returns the error, which quotes as much of the offender as fits into 1280 octets (RFC 4443
// 2.4(c)); null if the pool is empty. The envelope's protocol is filled in.
[[nodiscard]] OwnedPacket make_error(rte_mempool& pool, Packet& offender, IcmpError error,
                                     OwnHeader envelope);

// Writes the checksum of a message that begins at this offset in the frame.
void write_icmp_checksum(Packet& packet, std::uint32_t offset);

// The result of the check of a message to the router. If it is good, its header is complete.
enum class IcmpCheck : std::uint8_t { kGood, kTooShort, kBadChecksum };
[[nodiscard]] IcmpCheck check_icmp(Packet& packet, std::uint32_t offset);

// Turns a good echo request, which begins at this offset, into its reply, in place, as Linux builds
// it: with the request's traffic class, and without its extension headers. The header's protocol
// and traffic class are filled in.
void make_echo_reply(Packet& packet, std::uint32_t offset, OwnHeader header);

}  // namespace ringroad::ip6
