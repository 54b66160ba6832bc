// SPDX-License-Identifier: BSD-3-Clause
#include "ip6/decide.hpp"

#include <catch2/catch.hpp>

using ringroad::L2Class;
using ringroad::PuntReason;
using ringroad::Verdict;
using ringroad::ip6::decide;
using ringroad::ip6::PacketFacts;
using ringroad::neigh::Adjacency;
using ringroad::neigh::AdjacencyKind;
using ringroad::stats::DropReason;
using Fate = Verdict::Fate;

namespace {

const ringroad::Ipv6 kHost{0x2001'0db8'0000'0000, 1};
const ringroad::Ipv6 kLinkLocal{0xfe80'0000'0000'0000, 1};

// A way to a neighbor, or one that ends here.
struct Way {
  Adjacency adjacency;
  explicit Way(AdjacencyKind kind, std::uint16_t mtu = 1500) {
    adjacency.kind = kind;
    adjacency.port = ringroad::InterfaceId{1};
    adjacency.mtu = mtu;
  }
};

PacketFacts plain() { return {.length = 100, .source = kHost}; }

}  // namespace

TEST_CASE("a plain packet is forwarded, and waits only for a neighbor") {
  CHECK(decide(plain(), Way{AdjacencyKind::kUnicast}.adjacency).fate == Fate::kForward);
  CHECK_FALSE(decide(plain(), Way{AdjacencyKind::kUnicast}.adjacency).waits);
  CHECK(decide(plain(), Way{AdjacencyKind::kGlean}.adjacency).waits);
  CHECK(decide(plain(), Way{AdjacencyKind::kUnresolved}.adjacency).waits);
}

TEST_CASE("what is wrong first is said first: frame, hop limit, scope, length") {
  PacketFacts facts = plain();
  const Way way{AdjacencyKind::kUnicast};
  facts.length = 1501;
  CHECK(decide(facts, way.adjacency).refusal == PuntReason::kPacketTooBig);
  facts.source = kLinkLocal;
  CHECK(decide(facts, way.adjacency).refusal == PuntReason::kBeyondScope);
  facts.source = {};
  CHECK(decide(facts, way.adjacency).reason == DropReason::kMartianSource);
  facts.hop_limit = 1;
  CHECK(decide(facts, way.adjacency).refusal == PuntReason::kTtlExceeded);
  facts.l2_class = L2Class::kMulticast;
  CHECK(decide(facts, way.adjacency).reason == DropReason::kL2Broadcast);
}

TEST_CASE("a packet of 1280 bytes is forwarded whatever the MTU") {
  PacketFacts facts = plain();
  facts.length = 1280;
  CHECK(decide(facts, Way(AdjacencyKind::kUnicast, 576).adjacency).fate == Fate::kForward);
}

TEST_CASE("link-local and multicast destinations are delivered only where they are ours") {
  for (const AdjacencyKind kind : {AdjacencyKind::kLinkLocal, AdjacencyKind::kMulticast}) {
    PacketFacts facts = plain();
    CHECK(decide(facts, Way{kind}.adjacency).fate != Fate::kDeliver);
    facts.is_ours_there = true;
    CHECK(decide(facts, Way{kind}.adjacency).fate == Fate::kDeliver);
  }
  CHECK(decide(plain(), Way{AdjacencyKind::kMulticast}.adjacency).reason == DropReason::kMulticast);
}

TEST_CASE("a packet to a link-local address of a host goes back to its link") {
  const Way way{AdjacencyKind::kLinkLocal};
  PacketFacts facts = plain();
  CHECK(decide(facts, way.adjacency).refusal == PuntReason::kNoRoute);  // in fe80::/10, not /64
  facts.is_on_link = true;
  CHECK(decide(facts, way.adjacency).fate == Fate::kForward);
  CHECK(decide(facts, way.adjacency).waits);
  facts.source = kLinkLocal;
  facts.ingress = ringroad::InterfaceId{2};
  CHECK(decide(facts, way.adjacency).fate == Fate::kForward);
  facts.source = {};
  CHECK(decide(facts, way.adjacency).reason == DropReason::kMartianSource);
  facts.hop_limit = 1;
  CHECK(decide(facts, way.adjacency).refusal == PuntReason::kTtlExceeded);
  facts.l2_class = L2Class::kMulticast;
  CHECK(decide(facts, way.adjacency).reason == DropReason::kL2Broadcast);
}
