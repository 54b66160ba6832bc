// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Sequence numbers, which are compared modulo 2^32 (RFC 9293 3.4).
#include <netinet/tcp.h>

#include <cstdint>

#include "filter/tcp_tracking.hpp"

namespace ringroad::filter {

[[nodiscard]] constexpr bool is_before(std::uint32_t number, std::uint32_t other) {
  return static_cast<std::int32_t>(number - other) < 0;
}
// Numbers that are 2^31 apart are before and after each other, as in Linux.
[[nodiscard]] constexpr bool is_after(std::uint32_t number, std::uint32_t other) {
  return static_cast<std::int32_t>(other - number) < 0;
}

[[nodiscard]] constexpr bool has_flag(const TcpSegment& segment, std::uint8_t flag) {
  return (segment.flags & flag) != 0;
}

// The sequence number behind the segment; SYN and FIN have one each.
[[nodiscard]] constexpr std::uint32_t end_of(const TcpSegment& segment) {
  return segment.seq + segment.payload_bytes + (has_flag(segment, TH_SYN) ? 1U : 0U) +
         (has_flag(segment, TH_FIN) ? 1U : 0U);
}

}  // namespace ringroad::filter
