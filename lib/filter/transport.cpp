// SPDX-License-Identifier: BSD-3-Clause
#include "filter/transport.hpp"

#include <netinet/in.h>

#include <array>

#include "packet/read.hpp"

namespace ringroad::filter {
namespace {

// Linux's ipv6_ext_hdr, without IPPROTO_NONE and IPPROTO_AH, which end the walk.
bool is_skipped(std::uint8_t protocol) {
  return protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING ||
         protocol == IPPROTO_FRAGMENT || protocol == IPPROTO_DSTOPTS;
}
bool is_extension(std::uint8_t protocol) {
  return is_skipped(protocol) || protocol == IPPROTO_AH || protocol == IPPROTO_NONE;
}

}  // namespace

Transport transport6(const Packet& packet, std::uint32_t network) {
  const auto protocol =
      read_at<std::uint8_t>(packet, network + std::uint32_t{offsetof(rte_ipv6_hdr, proto)});
  if (!protocol) {
    return {};
  }
  Transport found{.has_protocol = true,
                  .has_header = true,
                  .protocol = *protocol,
                  .offset = network + std::uint32_t{sizeof(rte_ipv6_hdr)}};
  while (is_skipped(found.protocol)) {
    const bool is_fragment = found.protocol == IPPROTO_FRAGMENT;
    // Of options, two octets are read; of a routing or fragment header, four.
    const bool is_options = found.protocol == IPPROTO_HOPOPTS || found.protocol == IPPROTO_DSTOPTS;
    std::array<std::uint8_t, 4> header{};
    if (!read_bytes(packet, found.offset, std::span{header}.first(is_options ? 2 : 4))) {
      return {};
    }
    const std::uint8_t next = header[0];
    const unsigned fragment_offset = (unsigned{header[2]} << 8U | header[3]) & 0xfff8U;
    if (is_fragment && fragment_offset != 0) {
      if (is_extension(next) && next != IPPROTO_NONE) {
        return {};
      }
      return {.has_protocol = true, .has_header = false, .protocol = next, .offset = kL2Bytes};
    }
    found.offset += is_fragment ? 8U : (header[1] + 1U) * 8U;
    found.protocol = next;
  }
  return found;
}

}  // namespace ringroad::filter
