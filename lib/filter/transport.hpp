// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Where a packet's transport header is: Linux's nft_set_pktinfo_ipv4 and _ipv6.
#include <cstdint>

#include "packet/packet.hpp"

namespace ringroad::filter {

struct Transport {
  bool has_protocol = false;  // else the IPv6 extension headers are cut off or wrong
  bool has_header = false;    // false of a later fragment
  std::uint8_t protocol = 0;
  std::uint32_t offset = 0;  // from the frame's start
};

// `network`: where the IPv4 header is, from the frame's start.
[[nodiscard]] inline Transport transport4(const std::uint8_t* frame,
                                          std::uint32_t network = kL2Bytes) {
  const auto& header = *reinterpret_cast<const rte_ipv4_hdr*>(frame + network);
  return {.has_protocol = true,
          .has_header = (header.fragment_offset & rte_cpu_to_be_16(RTE_IPV4_HDR_OFFSET_MASK)) == 0,
          .protocol = header.next_proto_id,
          .offset = network + header_bytes(header)};
}

// Linux's ipv6_find_hdr for any protocol; authentication headers count as one. `network`: where the
// IPv6 header is, from the frame's start.
[[nodiscard]] Transport transport6(const Packet& packet, std::uint32_t network = kL2Bytes);

}  // namespace ringroad::filter
