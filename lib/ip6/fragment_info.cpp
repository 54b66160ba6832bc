// SPDX-License-Identifier: BSD-3-Clause
#include "ip6/fragment_info.hpp"

#include <netinet/in.h>

#include <array>

#include "ip6/extension_headers.hpp"
#include "packet/read.hpp"

namespace ringroad::ip6 {
namespace {

constexpr std::uint32_t kPayloadMax = 65535;

// How much of an upper-layer header the first fragment must hold (Linux's
// ipv6frag_thdr_truncated).
std::uint32_t upper_header(std::uint8_t protocol) {
  constexpr std::uint32_t kTcp = 20;
  constexpr std::uint32_t kUdp = 8;
  constexpr std::uint32_t kIcmp = 8;
  switch (protocol) {
    case IPPROTO_TCP:
      return kTcp;
    case IPPROTO_UDP:
      return kUdp;
    case IPPROTO_ICMPV6:
      return kIcmp;
    default:
      return 1;
  }
}

// RFC 7112 5: the first fragment contains all headers, with that of the upper layer.
bool has_whole_chain(const Packet& packet) {
  const Chain chain = walk(packet);
  switch (chain.end) {
    case Chain::End::kUpper:
      return chain.offset + upper_header(chain.protocol) <= packet.pkt_len;
    case Chain::End::kBad:
      return false;
    default:
      return true;
  }
}

bool is_one_on_each_link(Ipv6 destination) {
  return destination.is_multicast() || destination.is_link_local();
}

}  // namespace

std::size_t DatagramHash::operator()(const DatagramKey& key) const {
  __extension__ using Wide = unsigned __int128;
  std::uint64_t state = seed;
  // Multiplies and folds, like FlowHash.
  for (const std::uint64_t word :
       {key.source.high(), key.source.low(), key.destination.high(), key.destination.low(),
        std::uint64_t{key.identification} << 32U | key.interface.value()}) {
    constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;
    const Wide product = Wide{state ^ word ^ kOdd} * ((seed ^ kOdd) | 1U);
    state = static_cast<std::uint64_t>(product >> 64U) ^ static_cast<std::uint64_t>(product);
  }
  return state;
}

std::expected<FragmentInfo, FragmentFault> read_fragment(Packet& packet, std::uint32_t offset) {
  constexpr std::uint32_t kOffsetBits = 0xfff8;
  constexpr std::uint32_t kOffsetAt = 2;
  constexpr std::uint32_t kEcnBits = 3;
  const auto wire = read_at<std::array<std::uint8_t, kFragmentHeader>>(packet, offset);
  if (!wire) {
    return std::unexpected{FragmentFault{kErroneousField, offset - kL2Bytes}};
  }
  const rte_ipv6_hdr& header = ipv6(packet);
  const auto& octets = *wire;
  const std::uint32_t begin = (std::uint32_t{octets[2]} << 8U | octets[3]) & kOffsetBits;
  const std::uint32_t end = begin + packet.pkt_len - offset - kFragmentHeader;
  const bool more = (octets[3] & 1U) != 0;
  if (begin == 0 && !has_whole_chain(packet)) {
    return std::unexpected{FragmentFault{kIncompleteChain, 0}};
  }
  if (end > kPayloadMax) {
    return std::unexpected{FragmentFault{kErroneousField, offset + kOffsetAt - kL2Bytes}};
  }
  if (more && end % 8 != 0) {
    return std::unexpected{FragmentFault{kErroneousField, offsetof(rte_ipv6_hdr, payload_len)}};
  }
  const Ipv6 destination = destination6_of(packet);
  return FragmentInfo{
      .key = {.source = source6_of(packet),
              .destination = destination,
              .identification = read_at<be32>(packet, offset + 4).value_or(be32{}).host(),
              .interface = is_one_on_each_link(destination) ? meta(packet).ingress : InterfaceId{}},
      .begin = begin,
      .end = end,
      .header = static_cast<std::uint16_t>(offset - kL2Bytes),
      .more = more,
      .ecn = static_cast<std::uint8_t>(rte_be_to_cpu_32(header.vtc_flow) >> RTE_IPV6_HDR_TC_SHIFT &
                                       kEcnBits),
      .size = footprint(packet),
      .buffers = buffers_of(packet)};
}

}  // namespace ringroad::ip6
