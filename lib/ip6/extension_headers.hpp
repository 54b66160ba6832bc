// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The extension headers of an IPv6 packet (RFC 8200 4), which may lie in several buffers. Reads
// only: the caller drops the packet and reports what is wrong with it. Offsets are from the start
// of the frame; pointers, as parameter problems have them, are from the start of the IPv6 header.
#include <cstdint>
#include <optional>

#include "ip6/options.hpp"
#include "packet/packet.hpp"
#include "stats/drop_reason.hpp"

namespace ringroad::ip6 {

// A packet with more extension headers is not read to its end. RFC 8200 4.1 has a use for seven;
// Linux has no limit.
inline constexpr unsigned kExtensionHeadersMax = 8;
inline constexpr std::uint16_t kFragmentHeader = 8;

// What follows the fixed header.
struct Chain {
  enum class End : std::uint8_t {
    kUpper,     // an upper-layer header, of which perhaps no octet is there
    kNoNext,    // nothing (RFC 8200 4.7)
    kFragment,  // part of a datagram, not its first
    kBad,       // a header that is not complete
    kTooLong,   // more than kExtensionHeadersMax headers
  };
  End end = End::kBad;
  std::uint8_t protocol = 0;
  std::uint32_t offset = 0;          // of what follows the last header that was read
  std::uint32_t next_header_at = 0;  // the octet that names `protocol`
  // The first fragment header:
  std::optional<std::uint32_t> fragment_at{};
  std::uint32_t fragment_named_at = 0;  // the octet that names it
  std::uint16_t fragment_offset = 0;    // octets
  bool more = false;

  // Whether there is a fragment header that does not name the whole datagram (RFC 6946).
  [[nodiscard]] bool is_fragment() const {
    return fragment_at.has_value() && (more || fragment_offset != 0);
  }
};
// Skips the headers without processing them (Linux's ipv6_skip_exthdr).
[[nodiscard]] Chain walk(const Packet& packet);

// What a destination finds when it processes the headers in their order.
struct Step {
  enum class Kind : std::uint8_t {
    kUpper,     // a header of a protocol that the caller may know, at `offset`
    kFragment,  // the header of a fragment that is not the whole datagram, at `offset`
    kDrop,      // in silence
    kProblem,   // drop, and report a parameter problem
  };
  Kind kind = Kind::kDrop;
  stats::DropReason reason{};  // of kDrop and kProblem
  std::uint8_t protocol = 0;
  std::uint8_t code = 0;  // of the problem
  // Of the problem; otherwise to the octet that names `protocol`, for a problem with code
  // kUnknownNextHeader if the caller does not know it.
  std::uint32_t pointer = 0;
  std::uint32_t offset = 0;
  // A fragment header said that this is the whole datagram (RFC 6946), and was passed over.
  bool atomic = false;
  std::optional<std::uint16_t> router_alert{};
};

// What was put together from fragments contains no fragment header of its own.
enum class Origin : std::uint8_t { kReceived, kReassembled };

// Processes the headers of a packet to the router up to its upper layer or to a fragment header
// (Linux's ip6_protocol_deliver_rcu).
[[nodiscard]] Step walk_to_upper(Packet& packet, Origin origin = Origin::kReceived);

}  // namespace ringroad::ip6
