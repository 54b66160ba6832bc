// SPDX-License-Identifier: BSD-3-Clause
// Which ARP messages the router answers, and what it learns from them.
#include <catch2/catch.hpp>

#include "testbed.hpp"

using namespace ringroad;
using namespace ringroad::test;
using stats::DropReason;

TEST_CASE("the router answers for its own addresses and learns who asked") {
  Testbed bed;
  bed.receive(kPortA, make_arp(1, kMacA, kHostA, {}, kRouterA, kBroadcastMac));
  bed.run();
  const auto out = bed.sent(kPortA);
  REQUIRE(out.size() == 1);
  CHECK(word(out[0], kArpOperation) == 2);
  CHECK(destination_mac(out[0]) == kMacA);
  CHECK(address(out[0], 28) == kRouterA);
  CHECK(address(out[0], kArpTarget) == kHostA);
  CHECK(bed.router->neighbors().table().size() == 1);
}

TEST_CASE("the router answers for any of its addresses, on whatever port it is asked") {
  Testbed bed;
  bed.receive(kPortA, make_arp(1, kMacA, kHostA, {}, kRouterB, kBroadcastMac));
  bed.run();
  const auto out = bed.sent(kPortA);
  REQUIRE(out.size() == 1);
  CHECK(address(out[0], 28) == kRouterB);
  CHECK(source_mac(out[0]) == bed.mac(kPortA));
}

TEST_CASE("a request from an address that no host can have is not answered") {
  Testbed bed;
  for (const Ipv4 sender : {Ipv4{0, 0, 0, 1}, Ipv4{240, 0, 0, 1}, kLimitedBroadcast}) {
    bed.receive(kPortA, make_arp(1, kMacA, sender, {}, kRouterA, kBroadcastMac));
  }
  bed.run();
  CHECK(bed.sent(kPortA).empty());
  CHECK(bed.drops(DropReason::kArpIgnored) == 3);
}

TEST_CASE("who says that its MAC is zero is taken at its word, as by Linux") {
  Testbed bed;
  bed.receive(kPortA, make_arp(1, Mac{}, kHostA, {}, kRouterA, kBroadcastMac));
  bed.run();
  const auto out = bed.sent(kPortA);
  REQUIRE(out.size() == 1);
  CHECK(destination_mac(out[0]) == Mac{});
  CHECK(bed.router->neighbors().table().size() == 1);
}

TEST_CASE("who claims a broadcast address is answered and not learnt") {
  Testbed bed;
  bed.receive(kPortA, make_arp(1, kMacA, Ipv4{192, 168, 1, 255}, {}, kRouterA, kBroadcastMac));
  bed.run();
  CHECK(bed.sent(kPortA).size() == 1);
  CHECK(bed.router->neighbors().table().size() == 0);
}

TEST_CASE("a probe for the router's address is answered and teaches nothing") {
  Testbed bed;
  bed.receive(kPortA, make_arp(1, kMacA, Ipv4{}, {}, kRouterA, kBroadcastMac));
  bed.run();
  CHECK(bed.sent(kPortA).size() == 1);
  CHECK(bed.router->neighbors().table().size() == 0);
}

TEST_CASE("ARP about others teaches nothing about strangers") {
  Testbed bed;
  bed.receive(kPortA, make_arp(1, kMacA, kHostA, {}, Ipv4{192, 168, 1, 77}, kBroadcastMac));
  bed.receive(kPortA, make_arp(2, kMacA, kHostA, bed.mac(kPortA), kRouterA, bed.mac(kPortA)));
  bed.receive(kPortA, make_arp(1, kMacA, kHostA, {}, kHostA, kBroadcastMac));
  bed.run();
  CHECK(bed.sent(kPortA).empty());
  CHECK(bed.router->neighbors().table().size() == 0);
  CHECK(bed.drops(DropReason::kArpIgnored) == 3);
}

TEST_CASE("hostile ARP is not believed") {
  Testbed bed;
  bed.receive(kPortA, make_arp(1, kBroadcastMac, kHostA, {}, kRouterA, kBroadcastMac));
  bed.receive(kPortA, make_arp(1, Mac{{1, 0, 0, 0, 0, 1}}, kHostA, {}, kRouterA, kBroadcastMac));
  bed.receive(kPortA, make_arp(1, kMacA, Ipv4{224, 0, 0, 1}, {}, kRouterA, kBroadcastMac));
  bed.receive(kPortA, make_arp(1, kMacA, Ipv4{127, 0, 0, 1}, {}, kRouterA, kBroadcastMac));
  bed.receive(kPortA, make_arp(9, kMacA, kHostA, {}, kRouterA, kBroadcastMac));
  Frame cut = make_arp(1, kMacA, kHostA, {}, kRouterA, kBroadcastMac);
  cut.resize(40);
  bed.receive(kPortA, cut);
  bed.run();
  CHECK(bed.sent(kPortA).empty());
  CHECK(bed.drops(DropReason::kArpInvalid) == 6);
  CHECK(bed.router->neighbors().table().size() == 0);
}

TEST_CASE("a known neighbor's new MAC is used at once when it announces itself") {
  Testbed bed;
  bed.resolve_hosts();
  bed.advance(2s);
  const Mac moved{{0x02, 0, 0, 0, 0, 0x0c}};
  bed.receive(kPortB, make_arp(1, moved, kHostB, {}, kHostB, kBroadcastMac));
  bed.run();
  bed.receive(kPortA, make_ipv4(bed.from_a_to_b()));
  bed.run();
  const auto out = bed.sent(kPortB);
  REQUIRE(out.size() == 1);
  CHECK(destination_mac(out[0]) == moved);
}
