// SPDX-License-Identifier: BSD-3-Clause
#include "ip6/reassembly.hpp"

#include <array>
#include <span>
#include <utility>

#include "ip6/extension_headers.hpp"
#include "packet/edit.hpp"
#include "packet/read.hpp"

namespace ringroad::ip6 {
namespace {

std::uint32_t fragment_header_of(const Packet& packet) {
  return walk(packet).fragment_at.value_or(kFixedHeaderEnd);
}

// Removes the headers: only the fragment's payload remains, in the same buffers. Returns the first
// of them that is left.
Packet* strip(Packet* packet, std::uint32_t payload) {
  std::uint32_t headers = fragment_header_of(*packet) + kFragmentHeader;
  set_length(*packet, headers + payload);
  while (headers >= packet->data_len && packet->next != nullptr) {
    Packet* const next = packet->next;
    next->pkt_len = packet->pkt_len - packet->data_len;
    next->nb_segs = static_cast<std::uint16_t>(packet->nb_segs - 1);
    headers -= packet->data_len;
    packet->next = nullptr;
    packet->nb_segs = 1;
    rte_pktmbuf_free_seg(packet);
    packet = next;
  }
  rte_pktmbuf_adj(packet, static_cast<std::uint16_t>(headers));
  return packet;
}

// The header before the fragment header then names what that one named.
void remove_fragment_header(Packet& packet) {
  const Chain chain = walk(packet);
  const std::uint32_t place = chain.fragment_at.value_or(kFixedHeaderEnd);
  const auto protocol = read_at<std::uint8_t>(packet, place);
  write_bytes(packet, chain.fragment_named_at, std::array{protocol.value_or(0)});
  cut(packet, place, kFragmentHeader);
}

}  // namespace

OwnedPacket join(Reassembly<OwnedPacket>::Datagram datagram) {
  OwnedPacket whole = std::move(datagram.pieces.front().packet);
  set_length(*whole, fragment_header_of(*whole) + kFragmentHeader + datagram.pieces.front().end);
  remove_fragment_header(*whole);
  Packet* last = rte_pktmbuf_lastseg(whole.get());
  for (auto& piece : std::span{datagram.pieces}.subspan(1)) {
    Packet* const next = strip(piece.packet.release(), piece.end - piece.begin);
    whole->pkt_len += next->pkt_len;
    whole->nb_segs = static_cast<std::uint16_t>(whole->nb_segs + next->nb_segs);
    last->next = next;
    last = rte_pktmbuf_lastseg(next);
  }
  rte_ipv6_hdr& header = ipv6(*whole);
  header.payload_len =
      rte_cpu_to_be_16(static_cast<std::uint16_t>(whole->pkt_len - kFixedHeaderEnd));
  if (datagram.congestion) {
    header.vtc_flow |= rte_cpu_to_be_32(RTE_IPV6_HDR_ECN_CE);
  }
  return whole;
}

}  // namespace ringroad::ip6
