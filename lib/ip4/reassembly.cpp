// SPDX-License-Identifier: BSD-3-Clause
#include "ip4/reassembly.hpp"

#include "packet/checksum.hpp"

namespace ringroad::ip4 {
namespace {

// Removes the headers: only the fragment's payload remains, in the same buffers.
void strip(Packet& packet, std::uint32_t payload) {
  rte_pktmbuf_adj(&packet, static_cast<std::uint16_t>(kL2Bytes + header_bytes(ipv4(packet))));
  set_length(packet, payload);
}

}  // namespace

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
    header.type_of_service |= RTE_IPV4_HDR_ECN_CE;
  }
  header.hdr_checksum = 0;
  header.hdr_checksum =
      checksum({reinterpret_cast<const std::uint8_t*>(&header), header_bytes(header)});
  return whole;
}

}  // namespace ringroad::ip4
