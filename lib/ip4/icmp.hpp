// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Composes and checks ICMP messages (RFC 792, RFC 1812 4.3), off the fast path.
#include <cstdint>

#include "base/ipv4.hpp"
#include "ip4/compose.hpp"
#include "packet/icmp_error.hpp"
#include "packet/packet.hpp"

struct rte_mempool;

namespace ringroad::ip4 {

enum class IcmpType : std::uint8_t {
  kEchoReply = 0,
  kUnreachable = 3,
  kSourceQuench = 4,
  kRedirect = 5,
  kEchoRequest = 8,
  kTimeExceeded = 11,
  kParameterProblem = 12,
  kTimestamp = 13,
  kTimestampReply = 14,
};

// Linux's min_pmtu: a smaller path MTU is not believed.
inline constexpr std::uint16_t kPathMtuMin = 552;

struct IcmpError {
  IcmpType type;
  std::uint8_t code;
  std::uint32_t rest = 0;  // the rest of its header: MTU, pointer or gateway
};
inline constexpr IcmpError kNetUnreachable{IcmpType::kUnreachable, 0};
inline constexpr IcmpError kHostUnreachable{IcmpType::kUnreachable, 1};
inline constexpr IcmpError kProtocolUnreachable{IcmpType::kUnreachable, 2};
inline constexpr IcmpError kPortUnreachable{IcmpType::kUnreachable, 3};
inline constexpr IcmpError kAdministrativelyProhibited{IcmpType::kUnreachable, 13};
inline constexpr IcmpError kTtlExceeded{IcmpType::kTimeExceeded, 0};
inline constexpr IcmpError kReassemblyTimeExceeded{IcmpType::kTimeExceeded, 1};
// RFC 1191 4.
[[nodiscard]] constexpr IcmpError fragmentation_needed(std::uint16_t mtu) {
  return {IcmpType::kUnreachable, 4, mtu};
}
[[nodiscard]] constexpr IcmpError parameter_problem(std::uint8_t place) {
  return {IcmpType::kParameterProblem, 0, std::uint32_t{place} << 24U};
}
[[nodiscard]] constexpr IcmpError host_redirect(Ipv4 gateway) {
  return {IcmpType::kRedirect, 1, gateway.value()};
}

// Whether an error may be sent about a message of this type: only about types that Linux knows,
// because an unknown type may be an error itself (icmp_pointers).
[[nodiscard]] constexpr bool may_be_reported(std::uint8_t type) {
  return type == 0 || type == 8 || (type >= 13 && type <= 18);
}

// RFC 1812 4.3.2.7: no error is sent about an ICMP error, a fragment other than the first, or a
// packet sent to many.
[[nodiscard]] Silence silence_about(Packet& offender);

// The header of an error; its protocol and TOS follow from the offender.
struct ErrorEnvelope {
  OwnHeader header;
  std::uint16_t mtu = 0;  // of its path
};
// Returns the error, which quotes as much of the offender as fits into 576 bytes (RFC 1812 4.3.2.3)
// and into the MTU; null if the pool is empty.
[[nodiscard]] OwnedPacket make_error(rte_mempool& pool, Packet& offender, IcmpError error,
                                     ErrorEnvelope envelope);

// The result of the check of a message to the router. If it is good, octet 0 of the payload is the
// type.
enum class IcmpCheck : std::uint8_t { kGood, kTooShort, kBadChecksum };
[[nodiscard]] IcmpCheck check_icmp(Packet& packet);

// Turns an echo request into its reply, in place, as Linux builds it: from the address that was
// pinged, with TTL 64 and the same TOS and code. Its options are at most as long as the request's.
void make_echo_reply(Packet& packet, OwnHeader header);

// Returns RFC 792's timestamp reply, with `time` in milliseconds since midnight UT; null if the
// pool is empty or the request is too short.
[[nodiscard]] OwnedPacket make_timestamp_reply(rte_mempool& pool, Packet& request, OwnHeader header,
                                               std::uint32_t time);

}  // namespace ringroad::ip4
