// SPDX-License-Identifier: BSD-3-Clause
#include "worker/arp_sender.hpp"

#include <rte_arp.h>

#include <cstddef>
#include <cstring>

namespace ringroad::worker {

namespace {

// A resolved neighbor has a host route, whose next hop is not a group.
const neigh::Adjacency& way_to(const Tables& tables, NextHopId next_hop) {
  return tables.adjacencies[tables.next_hops.resolve(next_hop, [] { return std::uint32_t{0}; })];
}

bool is_arp_of_neighbor(const Tables& tables, Packet& frame) {
  constexpr std::size_t kSender =
      kL2Bytes + offsetof(rte_arp_hdr, arp_data) + offsetof(rte_arp_ipv4, arp_sip);
  if (frame.data_len < kSender + sizeof(std::uint32_t)) {
    return false;
  }
  std::uint32_t wire = 0;
  std::memcpy(&wire, ringroad::frame(frame) + kSender, sizeof wire);
  const Ipv4 sender{be32::from_wire(wire)};
  const neigh::Adjacency& way = way_to(tables, tables.trie.lookup(sender));
  return way.kind == neigh::AdjacencyKind::kUnicast && way.next_hop == sender &&
         way.port == meta(frame).ingress;
}

// Link-local senders have no host route.
bool is_discovery_of_neighbor(const Tables& tables, Packet& frame) {
  const Ipv6 sender = source6_of(frame);
  const neigh::Adjacency& way = way_to(tables, tables.trie6.lookup(sender));
  return way.kind == neigh::AdjacencyKind::kUnicast && way.next_hop6 == sender &&
         way.port == meta(frame).ingress;
}

}  // namespace

ArpSender arp_sender(const Tables& tables, Packet& frame) {
  const PacketMeta& meta = ringroad::meta(frame);
  if (meta.punt == PuntReason::kNeighborDiscovery ? is_discovery_of_neighbor(tables, frame)
                                                  : is_arp_of_neighbor(tables, frame)) {
    return ArpSender::kNeighbor;
  }
  return meta.l2_class == L2Class::kHost ? ArpSender::kSpeaksToUs : ArpSender::kStranger;
}

}  // namespace ringroad::worker
