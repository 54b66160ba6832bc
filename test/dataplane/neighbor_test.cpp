// SPDX-License-Identifier: BSD-3-Clause
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "hooked.hpp"
#include "testbed.hpp"

using namespace ringroad;
using namespace ringroad::test;
using stats::DropReason;

namespace {

std::string state_of_b(const Testbed& bed) {
  const auto& table = bed.router->neighbors().table();
  const auto id = table.find({interface_of(kPortB), kHostB});
  return id ? std::string{neigh::to_string(table.entry(*id).state)} : "none";
}

// Runs the control thread while a worker is in the middle of a burst.
control::Router* meanwhile = nullptr;

void run_control(void* /*state*/, StageContext& /*context*/, const Burst& /*burst*/,
                 HookVerdicts& /*verdicts*/) {
  meanwhile->run_once();
}

}  // namespace

TEST_CASE("packets for an unresolved neighbor wait and leave in order") {
  Testbed bed;
  for (std::uint16_t i = 0; i < 5; ++i) {
    auto fields = bed.from_a_to_b();
    fields.id = i;
    bed.receive(kPortA, make_ipv4(fields));
  }
  bed.run();
  auto out = bed.sent(kPortB);
  REQUIRE(out.size() == 1);
  CHECK(is_request_for(out[0], kHostB));
  CHECK(destination_mac(out[0]) == kBroadcastMac);
  CHECK(source_mac(out[0]) == bed.mac(kPortB));
  CHECK(address(out[0], 28) == kRouterB);
  CHECK(out[0].size() == 60);
  CHECK(bed.router->neighbors().held() == 5);

  bed.receive(kPortB, bed.reply_from_b());
  bed.run();
  out = bed.sent(kPortB);
  REQUIRE(out.size() == 5);
  for (std::uint16_t i = 0; i < 5; ++i) {
    CHECK(word(out[i], kIpId) == i);
    CHECK(destination_mac(out[i]) == kMacB);
    CHECK(out[i][kTtl] == 63);
  }
  CHECK(state_of_b(bed) == "REACHABLE");
  CHECK(bed.all_drops() == 0);
}

TEST_CASE("what waited for a neighbor leaves before what finds it known, even in that moment") {
  Testbed bed;
  auto fields = bed.from_a_to_b();
  for (fields.id = 1; fields.id <= 2; ++fields.id) {
    bed.receive(kPortA, make_ipv4(fields));
  }
  bed.run();
  REQUIRE(bed.sent(kPortB).size() == 1);  // the ARP request
  worker::Worker& worker = *bed.router->workers()[0];
  bed.receive(kPortB, bed.reply_from_b());
  worker.poll_once();  // punted, not handled yet

  meanwhile = bed.router.get();
  fields.id = 3;
  bed.receive(kPortA, make_ipv4(fields));
  {
    const Hooked hooked{bed, HookPoint::kPreRouting, run_control};
    worker.poll_once();
  }
  bed.run();

  std::vector<std::uint16_t> ids;
  for (const Frame& frame : bed.sent(kPortB)) {
    ids.push_back(word(frame, kIpId));
  }
  CHECK(ids == std::vector<std::uint16_t>{1, 2, 3});
}

TEST_CASE("an absent host is asked for three times, then its senders are told") {
  Testbed bed;
  bed.receive(kPortA, make_arp(1, kMacA, kHostA, {}, kRouterA, kBroadcastMac));
  bed.run();
  static_cast<void>(bed.sent(kPortA));
  bed.receive(kPortA, make_ipv4(bed.from_a_to_b()));
  bed.receive(kPortA, make_ipv4(bed.from_a_to_b()));
  bed.run();
  CHECK(bed.sent(kPortB).size() == 1);
  bed.advance(990ms);
  CHECK(bed.sent(kPortB).empty());
  bed.advance(60ms);
  CHECK(bed.sent(kPortB).size() == 1);
  bed.advance(1s);
  CHECK(bed.sent(kPortB).size() == 1);
  CHECK(bed.sent(kPortA).empty());
  bed.advance(1s);
  CHECK(bed.sent(kPortB).empty());
  const auto errors = bed.sent(kPortA);
  REQUIRE(errors.size() == 2);
  CHECK(errors[0][kIcmp] == 3);
  CHECK(errors[0][kIcmp + 1] == 1);
  CHECK(ip_source(errors[0]) == kRouterA);
  CHECK(bed.drops(DropReason::kHostUnreachable) == 2);
  CHECK(state_of_b(bed) == "FAILED");

  SECTION("the next packet asks again") {
    bed.receive(kPortA, make_ipv4(bed.from_a_to_b()));
    bed.run();
    CHECK(bed.sent(kPortB).size() == 1);
    bed.receive(kPortB, bed.reply_from_b());
    bed.run();
    CHECK(bed.sent(kPortB).size() == 1);
  }
}

TEST_CASE("a full neighbor queue gives up its oldest packets") {
  Testbed bed;
  for (std::uint16_t i = 0; i < 200; ++i) {
    auto fields = bed.from_a_to_b();
    fields.id = i;
    bed.receive(kPortA, make_ipv4(fields));
  }
  bed.run();
  static_cast<void>(bed.sent(kPortB));
  const std::uint64_t dropped = bed.drops(DropReason::kNeighborQueueFull);
  CHECK(dropped > 0);
  bed.receive(kPortB, bed.reply_from_b());
  bed.run();
  const auto out = bed.sent(kPortB);
  CHECK(out.size() == 200 - dropped);
  CHECK(word(out.front(), kIpId) == dropped);
  CHECK(word(out.back(), kIpId) == 199);
}

TEST_CASE("the router asks with the source of what waits, where that is its own") {
  Testbed bed;
  // B pings the address of the other port, and its entry is removed before the answer leaves.
  auto fields = bed.from_a_to_b();
  fields.destination_mac = bed.mac(kPortB);
  fields.source_mac = kMacB;
  fields.source = kHostB;
  fields.destination = kRouterA;
  fields.protocol = 1;
  fields.payload = echo_request(1);
  bed.receive(kPortB, make_ipv4(fields));
  bed.run();
  auto out = bed.sent(kPortB);
  REQUIRE(out.size() == 1);
  CHECK(is_request_for(out[0], kHostB));
  CHECK(address(out[0], 28) == kRouterA);
  // The newest waiting packet determines the source, and the router does not own this one's.
  bed.receive(kPortA, make_ipv4(bed.from_a_to_b()));
  bed.run();
  bed.advance(1s);
  out = bed.sent(kPortB);
  REQUIRE(out.size() == 1);
  CHECK(address(out[0], 28) == kRouterB);
  bed.receive(kPortB, bed.reply_from_b());
  bed.run();
  CHECK(bed.sent(kPortB).size() == 2);
}

TEST_CASE("within the locktime a request to us and an announcement override, an answer does not") {
  Testbed bed;
  bed.receive(kPortA, make_ipv4(bed.from_a_to_b()));
  bed.run();
  bed.receive(kPortB, bed.reply_from_b());
  bed.run();
  static_cast<void>(bed.sent(kPortB));
  const Mac other{{0x02, 0, 0, 0, 0, 0x0c}};
  bed.advance(100ms);
  const auto mac_of_b = [&] {
    bed.receive(kPortA, make_ipv4(bed.from_a_to_b()));
    bed.run();
    const auto out = bed.sent(kPortB);
    return out.empty() ? Mac{} : destination_mac(out.back());
  };
  SECTION("an answer") {
    bed.receive(kPortB, bed.reply_from_b(other));
    bed.run();
    CHECK(mac_of_b() == kMacB);
  }
  SECTION("a request to another") {
    bed.receive(kPortB, make_arp(1, other, kHostB, {}, Ipv4{192, 168, 2, 77}, kBroadcastMac));
    bed.run();
    CHECK(mac_of_b() == kMacB);
  }
  SECTION("a reply about itself that names another MAC") {
    bed.receive(kPortB, make_arp(2, other, kHostB, {}, kHostB, kBroadcastMac));
    bed.run();
    CHECK(mac_of_b() == kMacB);
  }
  SECTION("a request to us") {
    bed.receive(kPortB, make_arp(1, other, kHostB, {}, kRouterB, kBroadcastMac));
    bed.run();
    CHECK(mac_of_b() == other);
  }
  SECTION("an announcement") {
    bed.receive(kPortB, make_arp(1, other, kHostB, {}, kHostB, kBroadcastMac));
    bed.run();
    CHECK(mac_of_b() == other);
    CHECK(state_of_b(bed) != "REACHABLE");
  }
  SECTION("a gratuitous reply") {
    bed.receive(kPortB, make_arp(2, other, kHostB, other, kHostB, kBroadcastMac));
    bed.run();
    CHECK(mac_of_b() == other);
  }
}

TEST_CASE("no gateway is a broadcast or multicast address") {
  Testbed bed;
  config::Route route{.to = Prefix4::parse("10.0.0.0/8").value(), .next_hops = {}};
  for (const Ipv4 gateway :
       {Ipv4{192, 168, 2, 255}, Ipv4{192, 168, 2, 0}, Ipv4{224, 0, 0, 5}, kLimitedBroadcast}) {
    route.next_hops = {{.via = gateway, .weight = 1}};
    CHECK_FALSE(bed.router->configuration().add_route(route).has_value());
  }
}

TEST_CASE("a stale neighbor in use is delayed, probed and confirmed") {
  Testbed bed;
  bed.receive(kPortA, make_ipv4(bed.from_a_to_b()));
  bed.run();
  bed.receive(kPortB, bed.reply_from_b());
  bed.run();
  static_cast<void>(bed.sent(kPortB));
  bed.advance_in_steps(46s);  // beyond 1.5 x 30 s
  REQUIRE(state_of_b(bed) == "STALE");

  bed.receive(kPortA, make_ipv4(bed.from_a_to_b()));
  bed.run();
  CHECK(bed.sent(kPortB).size() == 1);  // at once, to the known MAC address
  bed.advance(100ms);
  CHECK(state_of_b(bed) == "DELAY");
  bed.advance_in_steps(4800ms);
  CHECK(bed.sent(kPortB).empty());
  bed.advance_in_steps(200ms);
  CHECK(state_of_b(bed) == "PROBE");
  auto out = bed.sent(kPortB);
  REQUIRE(out.size() == 1);
  CHECK(is_request_for(out[0], kHostB));
  CHECK(destination_mac(out[0]) == kMacB);

  SECTION("an answer makes it reachable") {
    bed.receive(kPortB, bed.reply_from_b());
    bed.run();
    CHECK(state_of_b(bed) == "REACHABLE");
  }
  SECTION("silence makes it fail, and packets wait again") {
    bed.advance_in_steps(3100ms);
    CHECK(state_of_b(bed) == "FAILED");
    CHECK(bed.sent(kPortB).size() == 2);
    bed.receive(kPortA, make_ipv4(bed.from_a_to_b()));
    bed.run();
    out = bed.sent(kPortB);
    REQUIRE(out.size() == 1);
    CHECK(destination_mac(out[0]) == kBroadcastMac);
    CHECK(bed.router->neighbors().held() == 1);
  }
}

TEST_CASE("a static neighbor is never asked for") {
  auto config = Testbed::basic_config();
  config.neighbors = {{.address = kHostB, .port = "b", .mac = kMacB}};
  Testbed bed{{.config = config}};
  bed.receive(kPortA, make_ipv4(bed.from_a_to_b()));
  bed.advance_in_steps(120s, 1s);
  const auto out = bed.sent(kPortB);
  REQUIRE(out.size() == 1);
  CHECK(destination_mac(out[0]) == kMacB);
  CHECK(state_of_b(bed) == "PERMANENT");
}

TEST_CASE("a scan of absent hosts does not disturb a known one") {
  auto config = Testbed::basic_config();
  config.ports[1].addresses = {{Ipv4{10, 0, 0, 1}, 8}, {kRouterB, 24}};
  Testbed bed{{.config = config}};
  bed.resolve_hosts();
  for (std::uint32_t host = 0; host < 3000; ++host) {
    auto fields = bed.from_a_to_b();
    fields.destination = Ipv4{(10U << 24U) + 256 + host};
    bed.receive(kPortA, make_ipv4(fields));
    if (host % 30 == 0) {
      bed.receive(kPortA, make_ipv4(bed.from_a_to_b()));
    }
  }
  bed.run();
  const auto out = bed.sent(kPortB);
  CHECK(std::ranges::count_if(out, [](const Frame& frame) {
          return ether_type(frame) == 0x0800 && ip_destination(frame) == kHostB;
        }) == 100);
  CHECK(bed.router->neighbors().table().size() <= 1024);
  CHECK(bed.drops(DropReason::kNeighborTableFull) > 0);
  bed.advance_in_steps(4s);
}

TEST_CASE("deleting and flushing neighbors makes the router ask again") {
  Testbed bed;
  bed.resolve_hosts();
  SECTION("one") {
    REQUIRE(bed.router->configuration().erase_neighbor(neigh::Key4{interface_of(kPortB), kHostB}));
  }
  SECTION("all") { CHECK(bed.router->neighbors().flush(std::nullopt)->removed == 2); }
  bed.receive(kPortA, make_ipv4(bed.from_a_to_b()));
  bed.run();
  const auto out = bed.sent(kPortB);
  REQUIRE(out.size() == 1);
  CHECK(is_request_for(out[0], kHostB));
}

TEST_CASE("a more specific route takes a host away from its subnet and gives it back") {
  Testbed bed;
  bed.resolve_hosts();
  const config::Route route{.to = Prefix4::parse("192.168.2.0/25").value(),
                            .type = RouteType::kBlackhole,
                            .next_hops = {}};
  bed.receive(kPortA, make_ipv4(bed.from_a_to_b()));
  bed.run();
  CHECK(bed.sent(kPortB).size() == 1);
  REQUIRE(bed.router->configuration().add_route(route));
  bed.receive(kPortA, make_ipv4(bed.from_a_to_b()));
  bed.run();
  CHECK(bed.sent(kPortB).empty());
  CHECK(bed.drops(DropReason::kBlackhole) == 1);
  REQUIRE(bed.router->configuration().erase_route(fib::RouteSelector4{
      .prefix = route.to, .table = {}, .metric = {}, .via = {}, .protocol = {}}));
  bed.receive(kPortA, make_ipv4(bed.from_a_to_b()));
  bed.run();
  CHECK(bed.sent(kPortB).size() == 1);
}
