// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Decides what happens to a packet after the route lookup, like ip4/decide.hpp. No other code
// decides this.
#include <cstdint>

#include "ip6/header.hpp"
#include "neigh/adjacency.hpp"
#include "packet/packet.hpp"
#include "packet/stage.hpp"
#include "packet/verdict.hpp"

namespace ringroad::ip6 {

inline constexpr std::uint64_t kLinkLocalNetwork = 0xfe80'0000'0000'0000;

// The facts about a packet on which the verdict depends.
struct PacketFacts {
  L2Class l2_class = L2Class::kHost;
  std::uint8_t hop_limit = 64;
  std::uint32_t length = 0;  // of the IPv6 packet
  Ipv6 source;
  InterfaceId ingress{};
  // For a link-local or multicast destination: the ingress interface has that address, or has
  // joined that group.
  bool is_ours_there = false;
  bool is_on_link = false;  // fe80::/64, which is all that a link has of fe80::/10 (RFC 4291 2.5.6)
};

[[nodiscard]] inline PacketFacts facts_of(const LinkAddresses& links, Packet& packet,
                                          InterfaceId ingress, L2Class l2_class) {
  const rte_ipv6_hdr& header = ipv6(packet);
  const Ipv6 destination = destination6_of(packet);
  const bool is_of_link = destination.is_multicast() || destination.is_link_local();
  return {.l2_class = l2_class,
          .hop_limit = header.hop_limits,
          .length = packet.pkt_len - kL2Bytes,
          .source = source6_of(packet),
          .ingress = ingress,
          .is_ours_there = is_of_link && links.contains(ingress, destination),
          .is_on_link = destination.high() == kLinkLocalNetwork};
}

// The order of the checks is that of Linux's ip6_forward: route, frame class, hop limit, scope of
// the source, MTU. A packet is never fragmented on its way (RFC 8200 5).
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
    case AdjacencyKind::kMulticast:
      return packet.is_ours_there ? Verdict{.fate = Fate::kDeliver} : drop(DropReason::kMulticast);
    case AdjacencyKind::kLinkLocal:
      if (packet.is_ours_there) {
        return {.fate = Fate::kDeliver};
      }
      if (!packet.is_on_link) {
        return refuse(PuntReason::kNoRoute);
      }
      // It goes back to its link, to a neighbor there: so it stays in its zone (RFC 4007 9).
      break;
    case AdjacencyKind::kBroadcast:  // only IPv4 has these
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
  if (packet.l2_class != L2Class::kHost) {
    return drop(DropReason::kL2Broadcast);
  }
  if (packet.hop_limit <= 1) {
    return refuse(PuntReason::kTtlExceeded);
  }
  if (packet.source.is_unspecified()) {
    return drop(DropReason::kMartianSource);
  }
  // It may go back to its link, which does not take it out of its zone (RFC 4007 9).
  if (packet.source.is_link_local() && way.kind != AdjacencyKind::kLinkLocal &&
      way.port != packet.ingress) {
    return refuse(PuntReason::kBeyondScope);
  }
  // A smaller MTU, which no port that runs IPv6 has, would mean one of a link that adapts.
  const std::uint16_t mtu = std::max(way.mtu.load(std::memory_order_relaxed), kMtuMin);
  if (packet.length > mtu) {
    return refuse(PuntReason::kPacketTooBig);
  }
  return {.waits = way.kind != AdjacencyKind::kUnicast};
}

}  // namespace ringroad::ip6
