// SPDX-License-Identifier: BSD-3-Clause
// How the router announces and defends its own addresses on the links, and handles conflicts (RFC
// 5227).
#include <rte_ethdev.h>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "control/verbs.hpp"
#include "testbed.hpp"

using namespace ringroad;
using namespace ringroad::test;
using nlohmann::json;
using stats::DropReason;

namespace {

constexpr Mac kThief{{0x02, 0, 0, 0, 0, 0x66}};

config::Config announcing() {
  config::Config config = Testbed::basic_config();
  config.ports[0].addresses.push_back({Ipv4{10, 0, 0, 1}, 8});
  config.arp.notify = true;
  return config;
}

bool is_announcement_of(const Frame& frame, Ipv4 own, Mac mac) {
  return destination_mac(frame) == kBroadcastMac && source_mac(frame) == mac &&
         ether_type(frame) == 0x0806 && word(frame, kArpOperation) == 1 &&
         address(frame, 28) == own && address(frame, kArpTarget) == own;
}

void set_link(Testbed& bed, PortId port, bool up) {
  const std::uint16_t device = bed.router->ports().at(port.value())->device();
  REQUIRE((up ? rte_eth_dev_set_link_up(device) : rte_eth_dev_set_link_down(device)) == 0);
  bed.advance(300ms);
}

std::uint64_t conflicts(Testbed& bed) {
  const auto ports =
      control::carry_out(*bed.router, {{"verb", {"show", "ports"}}, {"options", json::object()}});
  REQUIRE(ports);
  return ports->at(0).at("conflicts").get<std::uint64_t>();
}

Frame speaks_as_the_router() {
  return make_arp(1, kThief, kRouterA, {}, Ipv4{192, 168, 1, 77}, kBroadcastMac);
}

}  // namespace

TEST_CASE("each address is announced twice, 2 s apart, when the router starts") {
  Testbed bed{{.config = announcing()}};
  bed.run();
  auto out = bed.sent(kPortA);
  REQUIRE(out.size() == 2);
  CHECK(is_announcement_of(out[0], {10, 0, 0, 1}, bed.mac(kPortA)));
  CHECK(is_announcement_of(out[1], kRouterA, bed.mac(kPortA)));
  CHECK(bed.sent(kPortB).size() == 1);
  bed.advance_in_steps(1900ms);
  CHECK(bed.sent(kPortA).empty());
  bed.advance_in_steps(200ms);
  CHECK(bed.sent(kPortA).size() == 2);
  bed.advance_in_steps(10s);
  CHECK(bed.sent(kPortA).empty());
}

TEST_CASE("addresses are announced again when their port gets its link back") {
  Testbed bed{{.config = announcing()}};
  bed.advance_in_steps(5s);
  bed.discard(kPortA);
  bed.discard(kPortB);
  set_link(bed, kPortB, false);
  bed.advance_in_steps(5s);
  CHECK(bed.sent(kPortB).empty());
  set_link(bed, kPortB, true);
  const auto out = bed.sent(kPortB);
  REQUIRE(out.size() == 1);
  CHECK(is_announcement_of(out[0], kRouterB, bed.mac(kPortB)));
  bed.advance_in_steps(5s);
  CHECK(bed.sent(kPortB).size() == 1);
  CHECK(bed.sent(kPortA).empty());
}

TEST_CASE("an address that another takes is kept, defended once in 10 s, and counted") {
  Testbed bed;
  bed.resolve_hosts();
  CHECK(conflicts(bed) == 0);
  bed.receive(kPortA, speaks_as_the_router());
  bed.run();
  auto out = bed.sent(kPortA);
  REQUIRE(out.size() == 1);
  CHECK(is_announcement_of(out[0], kRouterA, bed.mac(kPortA)));
  bed.receive(kPortA, speaks_as_the_router());
  bed.advance(9s);
  bed.receive(kPortA, speaks_as_the_router());
  bed.run();
  CHECK(bed.sent(kPortA).empty());
  bed.advance(1s);
  bed.receive(kPortA, speaks_as_the_router());
  bed.run();
  CHECK(bed.sent(kPortA).size() == 1);
  CHECK(conflicts(bed) == 4);
  CHECK(bed.drops(DropReason::kArpIgnored) == 4);
  CHECK_FALSE(bed.router->neighbors().table().find({interface_of(kPortA), kRouterA}));
  bed.receive(kPortA, make_arp(1, kMacA, kHostA, {}, kRouterA, kBroadcastMac));
  bed.run();
  CHECK(bed.sent(kPortA).size() == 1);
}

TEST_CASE("two ports of the router on one link are no conflict") {
  Testbed bed;
  bed.receive(kPortA, make_arp(1, bed.mac(kPortB), kRouterA, {}, kRouterA, kBroadcastMac));
  bed.run();
  CHECK(bed.sent(kPortA).empty());
  CHECK(conflicts(bed) == 0);
}

TEST_CASE("a port without a link forgets its neighbors, but those set by hand") {
  auto config = Testbed::basic_config();
  const Ipv4 by_hand{192, 168, 2, 9};
  config.neighbors = {{.address = by_hand, .port = "b", .mac = kMacB}};
  Testbed bed{{.config = config}};
  bed.resolve_hosts();
  auto waiting = bed.from_a_to_b();
  waiting.destination = Ipv4{192, 168, 2, 77};
  bed.receive(kPortA, make_ipv4(waiting));
  bed.run();
  CHECK(bed.router->neighbors().held() == 1);
  set_link(bed, kPortB, false);
  const auto& table = bed.router->neighbors().table();
  CHECK_FALSE(table.find({interface_of(kPortB), kHostB}));
  CHECK(table.find({interface_of(kPortB), by_hand}));
  CHECK(table.find({interface_of(kPortA), kHostA}));
  CHECK(bed.router->neighbors().held() == 0);
  CHECK(bed.drops(DropReason::kPortDown) == 1);
  bed.discard(kPortB);
  set_link(bed, kPortB, true);
  for (const Ipv4 destination : {by_hand, kHostB}) {
    auto fields = bed.from_a_to_b();
    fields.destination = destination;
    bed.receive(kPortA, make_ipv4(fields));
  }
  bed.run();
  const auto out = bed.sent(kPortB);
  REQUIRE(out.size() == 2);
  CHECK(ip_destination(out[0]) == by_hand);
  CHECK(address(out[1], kArpTarget) == kHostB);
}
