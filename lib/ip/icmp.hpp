#pragma once
// ICMP messages (RFC 792, RFC 1812 4.3), off the fast path: what the control thread answers with.
#include <cstdint>

#include "base/ipv4.hpp"
#include "ip/packet.hpp"

struct rte_mempool;

namespace ringroad::ip {

enum class IcmpType : std::uint8_t {
  kEchoReply = 0,
  kUnreachable = 3,
  kEchoRequest = 8,
  kTimeExceeded = 11,
};

struct IcmpError {
  IcmpType type;
  std::uint8_t code;
  std::uint16_t mtu = 0;  // of kFragmentationNeeded: RFC 1191 4
};
inline constexpr IcmpError kNetUnreachable{IcmpType::kUnreachable, 0};
inline constexpr IcmpError kHostUnreachable{IcmpType::kUnreachable, 1};
inline constexpr IcmpError kProtocolUnreachable{IcmpType::kUnreachable, 2};
inline constexpr IcmpError kPortUnreachable{IcmpType::kUnreachable, 3};
inline constexpr IcmpError kAdministrativelyProhibited{IcmpType::kUnreachable, 13};
inline constexpr IcmpError kTtlExceeded{IcmpType::kTimeExceeded, 0};
inline constexpr IcmpError kReassemblyTimeExceeded{IcmpType::kTimeExceeded, 1};
[[nodiscard]] constexpr IcmpError fragmentation_needed(std::uint16_t mtu) {
  return {IcmpType::kUnreachable, 4, mtu};
}

// Of those that quote the packet they are about (Linux's icmp_is_err).
[[nodiscard]] constexpr bool is_icmp_error(std::uint8_t type) {
  return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

// RFC 1812 4.3.2.7: never about an ICMP error, a fragment but the first, or what came to many.
[[nodiscard]] bool may_answer_with_error(Packet& offender);

// The error with its IPv4 header, room for the Ethernet header before it; null where the pool is
// empty. It quotes as much of the offender as fits in 576 bytes (RFC 1812 4.3.2.3).
[[nodiscard]] OwnedPacket make_error(rte_mempool& pool, Packet& offender, IcmpError error,
                                     Ipv4 source, std::uint16_t identification);

// What came to the router as ICMP.
enum class IcmpInput : std::uint8_t { kEchoRequest, kOther, kBad };
[[nodiscard]] IcmpInput classify_icmp(Packet& packet);
// Turns an echo request into its reply, in place, as Linux builds it: from the address that was
// asked, TTL 64, the same TOS, no options.
void make_echo_reply(Packet& packet, std::uint16_t identification);

}  // namespace ringroad::ip
