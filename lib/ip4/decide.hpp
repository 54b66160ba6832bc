// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Decides what happens to a packet after the route lookup. No other code decides this: the fast
// path computes the same verdict faster, and the slow path and `route get` call this function.
#include <cstdint>

#include "neigh/adjacency.hpp"
#include "packet/packet.hpp"
#include "packet/verdict.hpp"
#include "stats/drop_reason.hpp"

namespace ringroad::ip4 {

// The facts about a packet on which the verdict depends.
struct PacketFacts {
  L2Class l2_class = L2Class::kHost;
  std::uint8_t ttl = 64;
  bool dont_fragment = false;
  std::uint32_t length = 0;  // of the IPv4 packet
};

[[nodiscard]] inline PacketFacts facts_of(Packet& packet, L2Class l2_class) {
  const rte_ipv4_hdr& header = ipv4(packet);
  return {.l2_class = l2_class,
          .ttl = header.time_to_live,
          .dont_fragment = (header.fragment_offset & rte_cpu_to_be_16(RTE_IPV4_HDR_DF_FLAG)) != 0,
          .length = packet.pkt_len - kL2Bytes};
}

// The order of the checks is that of Linux's ip_route_input_slow and ip_forward: route, frame
// class, TTL, MTU.
[[nodiscard]] inline Verdict decide(const PacketFacts& packet, const neigh::Adjacency& way) {
  using Fate = Verdict::Fate;
  using neigh::AdjacencyKind;
  using stats::DropReason;
  const auto drop = [](DropReason reason) {
    return Verdict{.fate = Fate::kDrop, .reason = reason};
  };
  const auto refuse = [](PuntReason why) { return Verdict{.fate = Fate::kRefuse, .refusal = why}; };
  switch (way.kind) {
    case AdjacencyKind::kUnicast:
    case AdjacencyKind::kUnresolved:
    case AdjacencyKind::kGlean:
      break;
    case AdjacencyKind::kLocal:
      return {.fate = Fate::kDeliver};
    case AdjacencyKind::kBroadcast:
      // The router runs no service that listens to broadcasts (icmp_echo_ignore_broadcasts 1), and
      // forwards none: RFC 1812 5.3.5, RFC 2644.
      return drop(DropReason::kBroadcast);
    case AdjacencyKind::kMulticast:
      return drop(DropReason::kMulticast);
    case AdjacencyKind::kLinkLocal:  // only IPv6 has these
    case AdjacencyKind::kMartian:
      return drop(DropReason::kMartianDestination);
    case AdjacencyKind::kBlackhole:
      return drop(DropReason::kBlackhole);
    case AdjacencyKind::kNoRoute:
      return refuse(PuntReason::kNoRoute);
    case AdjacencyKind::kUnreachable:
      return refuse(PuntReason::kUnreachable);
    case AdjacencyKind::kProhibit:
      return refuse(PuntReason::kProhibited);
  }
  // RFC 1812 5.3.4: packets in broadcast or multicast frames are not forwarded.
  if (packet.l2_class != L2Class::kHost) {
    return drop(DropReason::kL2Broadcast);
  }
  if (packet.ttl <= 1) {
    return refuse(PuntReason::kTtlExceeded);
  }
  const bool is_long = packet.length > way.mtu.load(std::memory_order_relaxed);
  if (is_long && packet.dont_fragment) {
    return refuse(PuntReason::kFragmentationNeeded);
  }
  return {.waits = way.kind != AdjacencyKind::kUnicast, .is_cut = is_long};
}

}  // namespace ringroad::ip4
