// SPDX-License-Identifier: BSD-3-Clause
#include "ip4/reassembly.hpp"

#include "packet/checksum.hpp"

namespace ringroad::ip4 {
namespace {

constexpr std::uint8_t kEcnBits = 0x3;

// Removes the headers: only the fragment's payload remains, in the same buffers.
void strip(Packet& packet, std::uint32_t payload) {
  rte_pktmbuf_adj(&packet, static_cast<std::uint16_t>(kL2Bytes + header_bytes(ipv4(packet))));
  set_length(packet, payload);
}

}  // namespace

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
          .ecn = static_cast<std::uint8_t>(header.type_of_service & kEcnBits),
          .size = footprint(packet),
          .buffers = buffers_of(packet)};
}

OwnedPacket join(Reassembly<OwnedPacket>::Datagram datagram) {
  OwnedPacket whole = std::move(datagram.pieces.front().packet);
  const std::uint16_t headers = kL2Bytes + header_bytes(ipv4(*whole));
  set_length(*whole, headers + datagram.pieces.front().end);
  Packet* last = rte_pktmbuf_lastseg(whole.get());
  for (auto& piece : std::span{datagram.pieces}.subspan(1)) {
    Packet* const next = piece.packet.release();
    strip(*next, piece.end - piece.begin);
    whole->pkt_len += next->pkt_len;
    whole->nb_segs = static_cast<std::uint16_t>(whole->nb_segs + next->nb_segs);
    last->next = next;
    last = rte_pktmbuf_lastseg(next);
  }
  rte_ipv4_hdr& header = ipv4(*whole);
  header.total_length = rte_cpu_to_be_16(static_cast<std::uint16_t>(whole->pkt_len - kL2Bytes));
  header.fragment_offset = datagram.dont_fragment ? rte_cpu_to_be_16(RTE_IPV4_HDR_DF_FLAG) : 0;
  if (datagram.congestion) {
    header.type_of_service |= kEcnBits;
  }
  header.hdr_checksum = 0;
  header.hdr_checksum =
      checksum({reinterpret_cast<const std::uint8_t*>(&header), header_bytes(header)});
  return whole;
}

}  // namespace ringroad::ip4
