// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The fields of the fixed header (RFC 8200 3).
#include <cstdint>

#include "packet/packet.hpp"

namespace ringroad::ip6 {

inline constexpr std::uint16_t kFixedHeader = sizeof(rte_ipv6_hdr);
inline constexpr std::uint32_t kFixedHeaderEnd = kL2Bytes + kFixedHeader;
// RFC 8200 5: every link carries packets of this length, and no path MTU is less.
inline constexpr std::uint16_t kMtuMin = 1280;

[[nodiscard]] inline unsigned version_of(const rte_ipv6_hdr& header) {
  return rte_be_to_cpu_32(header.vtc_flow) >> 28;
}
[[nodiscard]] inline std::uint8_t traffic_class(const rte_ipv6_hdr& header) {
  return static_cast<std::uint8_t>(rte_be_to_cpu_32(header.vtc_flow) >> 20);
}
[[nodiscard]] inline std::uint32_t flow_label(const rte_ipv6_hdr& header) {
  return rte_be_to_cpu_32(header.vtc_flow) & 0xfffffU;
}

}  // namespace ringroad::ip6
