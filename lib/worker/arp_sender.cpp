// SPDX-License-Identifier: BSD-3-Clause
#include "worker/arp_sender.hpp"

#include <rte_arp.h>

#include <cstddef>
#include <cstring>

namespace ringroad::worker {

ArpSender arp_sender(const Tables& tables, Packet& frame) {
  constexpr std::size_t kSender =
      kL2Bytes + offsetof(rte_arp_hdr, arp_data) + offsetof(rte_arp_ipv4, arp_sip);
  const PacketMeta& meta = ringroad::meta(frame);
  if (frame.data_len >= kSender + sizeof(std::uint32_t)) {
    std::uint32_t wire = 0;
    std::memcpy(&wire, ringroad::frame(frame) + kSender, sizeof wire);
    const Ipv4 sender{be32::from_wire(wire)};
    // A resolved neighbor has a host route, whose next hop is not a group.
    const AdjacencyId id =
        tables.next_hops.resolve(tables.trie.lookup(sender), [] { return std::uint32_t{0}; });
    const neigh::Adjacency& adjacency = tables.adjacencies[id];
    if (adjacency.kind == neigh::AdjacencyKind::kUnicast && adjacency.next_hop == sender &&
        adjacency.port == meta.ingress) {
      return ArpSender::kNeighbor;
    }
  }
  return meta.l2_class == L2Class::kHost ? ArpSender::kSpeaksToUs : ArpSender::kStranger;
}

}  // namespace ringroad::worker
