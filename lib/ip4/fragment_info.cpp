// SPDX-License-Identifier: BSD-3-Clause
#include "ip4/fragment_info.hpp"

namespace ringroad::ip4 {

std::size_t DatagramHash::operator()(const DatagramKey& key) const {
  __extension__ using Wide = unsigned __int128;
  const std::uint64_t addresses =
      std::uint64_t{key.source.value()} << 32U | key.destination.value();
  const std::uint64_t rest = std::uint64_t{key.identification} << 8U | key.protocol;
  // Multiplies and folds, like FlowHash.
  const Wide product = Wide{addresses ^ seed} * ((rest << 32U ^ seed) | 1U);
  return static_cast<std::uint64_t>(product >> 64U) ^ static_cast<std::uint64_t>(product);
}

FragmentInfo describe_fragment(Packet& packet) {
  const rte_ipv4_hdr& header = ipv4(packet);
  const std::uint32_t flags_offset = rte_be_to_cpu_16(header.fragment_offset);
  const std::uint32_t begin = (flags_offset & RTE_IPV4_HDR_OFFSET_MASK) * RTE_IPV4_HDR_OFFSET_UNITS;
  return {.key = {.source = Ipv4{be32::from_wire(header.src_addr)},
                  .destination = Ipv4{be32::from_wire(header.dst_addr)},
                  .identification = rte_be_to_cpu_16(header.packet_id),
                  .protocol = header.next_proto_id},
          .begin = begin,
          .end = begin + packet.pkt_len - kL2Bytes - header_bytes(header),
          .header = header_bytes(header),
          .more = (flags_offset & RTE_IPV4_HDR_MF_FLAG) != 0,
          .dont_fragment = (flags_offset & RTE_IPV4_HDR_DF_FLAG) != 0,
          .ecn = static_cast<std::uint8_t>(header.type_of_service & RTE_IPV4_HDR_ECN_MASK),
          .size = footprint(packet),
          .buffers = buffers_of(packet)};
}

}  // namespace ringroad::ip4
