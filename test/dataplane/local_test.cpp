// SPDX-License-Identifier: BSD-3-Clause
#include <catch2/catch.hpp>
#include <set>

#include "testbed.hpp"

using namespace ringroad;
using namespace ringroad::test;
using stats::DropReason;

TEST_CASE("the router answers a ping to any of its addresses from the address that was pinged") {
  Testbed bed;
  bed.resolve_hosts();
  const Ipv4 pinged = GENERATE(kRouterA, kRouterB);
  auto fields = bed.ping(pinged);
  fields.ttl = 1;  // a packet for the router may arrive with TTL 1
  fields.tos = 0x10;
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  const auto out = bed.sent(kPortA);
  REQUIRE(out.size() == 1);
  CHECK(ip_source(out[0]) == pinged);
  CHECK(ip_destination(out[0]) == kHostA);
  CHECK(out[0][kTtl] == 64);
  CHECK(out[0][kIp + 1] == 0x10);
  CHECK(ip_checksum_right(out[0]));
  CHECK(out[0][kIcmp] == 0);
  CHECK(sum(std::span{out[0]}.subspan(kIcmp)) == 0);
  CHECK(std::equal(out[0].begin() + kIcmp + 4, out[0].end(), fields.payload.begin() + 4));
  CHECK(bed.all_drops() == 0);
}

TEST_CASE(
    "a short ping is answered by the worker that received it, a long one by the control thread") {
  Testbed bed;
  bed.resolve_hosts();
  const auto answered_by_worker = [&](std::size_t bytes) {
    bed.receive(kPortA, make_ipv4(bed.ping(kRouterA, bytes)));
    bed.router->workers()[0]->poll_once();
    const std::size_t at_once = bed.sent(kPortA).size();
    bed.run();
    CHECK(at_once + bed.sent(kPortA).size() == 1);
    return at_once == 1;
  };
  CHECK(answered_by_worker(524));
  CHECK_FALSE(answered_by_worker(525));
  CHECK(bed.router->ip_counter(stats::IpCounter::kIcmpInEchos) == 2);
  CHECK(bed.router->ip_counter(stats::IpCounter::kIcmpOutEchoReps) == 2);
  CHECK(bed.router->ip_counter(stats::IpCounter::kInDelivers) == 2);
}

TEST_CASE("answers of one worker to one host are told apart") {
  Testbed bed;
  bed.resolve_hosts();
  std::set<unsigned> identifications;
  for (unsigned i = 0; i < 100; ++i) {
    bed.receive(kPortA, make_ipv4(bed.ping(kRouterA)));
  }
  bed.run();
  for (const Frame& answer : bed.sent(kPortA)) {
    identifications.insert(answer[kIp + 4] * 256U + answer[kIp + 5]);
  }
  CHECK(identifications.size() == 100);
}

TEST_CASE("a ping with NOPs is answered without them") {
  Testbed bed;
  bed.resolve_hosts();
  auto fields = bed.ping(kRouterA);
  fields.options = {1, 1, 1, 0};
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  const auto out = bed.sent(kPortA);
  REQUIRE(out.size() == 1);
  CHECK(out[0][kIp] == 0x45);
  CHECK(ip_checksum_right(out[0]));
  CHECK(sum(std::span{out[0]}.subspan(kIcmp)) == 0);
}

TEST_CASE("ICMP that needs no answer gets none") {
  Testbed bed;
  bed.resolve_hosts();
  auto fields = bed.ping(kRouterA);
  SECTION("a wrong checksum") {
    fields.payload[2] ^= 0xff;
    bed.receive(kPortA, make_ipv4(fields));
    bed.run();
    CHECK(bed.drops(DropReason::kIcmpBad) == 1);
  }
  SECTION("a truncated message") {
    fields.payload.resize(6);
    bed.receive(kPortA, make_ipv4(fields));
    bed.run();
    CHECK(bed.drops(DropReason::kIcmpBad) == 1);
  }
  SECTION("a reply that nobody asked for") {
    fields.payload[0] = 0;
    fields.payload[2] = fields.payload[3] = 0;
    const std::uint16_t right = sum(fields.payload);
    fields.payload[2] = static_cast<std::uint8_t>(right >> 8U);
    fields.payload[3] = static_cast<std::uint8_t>(right & 0xffU);
    bed.receive(kPortA, make_ipv4(fields));
    bed.run();
    CHECK(bed.drops(DropReason::kIcmpIgnored) == 1);
  }
  CHECK(bed.sent(kPortA).empty());
  CHECK(bed.all_drops() == 1);
}

TEST_CASE("closed ports and unknown protocols are reported from the address that was asked") {
  Testbed bed;
  bed.resolve_hosts();
  auto fields = bed.from_a_to_b();
  fields.destination = kRouterB;
  int code = 3;
  DropReason reason = DropReason::kPortClosed;
  SECTION("UDP") { fields.payload = {0x9c, 0x40, 0, 53, 0, 8, 0, 0}; }
  SECTION("an IP protocol that nothing speaks") {
    fields.protocol = 253;
    code = 2;
    reason = DropReason::kUnknownProtocol;
  }
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  const auto out = bed.sent(kPortA);
  REQUIRE(out.size() == 1);
  CHECK(out[0][kIcmp] == 3);
  CHECK(out[0][kIcmp + 1] == code);
  CHECK(ip_source(out[0]) == kRouterB);
  CHECK(bed.drops(reason) == 1);
}

TEST_CASE("each of the 256 IP protocols ends at a handler or at protocol unreachable") {
  auto config = Testbed::basic_config();
  config.icmp = {.rate = 0, .burst = 50, .per_destination = 0s};
  Testbed bed{{.config = config}};
  bed.resolve_hosts();
  int unreachable = 0;
  for (unsigned protocol = 0; protocol < 256; ++protocol) {
    auto fields = bed.from_a_to_b();
    fields.destination = kRouterA;
    fields.protocol = static_cast<std::uint8_t>(protocol);
    bed.receive(kPortA, make_ipv4(fields));
    bed.run();
    for (const Frame& frame : bed.sent(kPortA)) {
      unreachable += frame[kIcmp] == 3 && frame[kIcmp + 1] == 2 ? 1 : 0;
    }
  }
  CHECK(unreachable == 250);  // all but ICMP, IGMP, TCP, UDP, PIM and UDP-Lite
  CHECK(bed.drops(DropReason::kUnknownProtocol) == 250);
  CHECK(bed.drops(DropReason::kMulticastControl) == 2);
}

TEST_CASE("UDP-Lite is right where its checksum covers it, and its port is closed") {
  Testbed bed;
  bed.resolve_hosts();
  auto fields = bed.from_a_to_b();
  fields.destination = kRouterA;
  fields.protocol = 136;
  const std::uint8_t covered = GENERATE(std::uint8_t{0}, std::uint8_t{8}, std::uint8_t{12},
                                        std::uint8_t{7}, std::uint8_t{13});
  fields.payload = {0x9c, 0x40, 0, 53, 0, covered, 0, 0, 1, 2, 3, 4};
  // The pseudo-header and the covered octets.
  std::vector<std::uint8_t> summed{192, 168, 1, 2, 192, 168, 1, 1, 0, 136, 0, 12};
  summed.insert(summed.end(), fields.payload.begin(),
                fields.payload.begin() + (covered == 8 ? 8 : 12));
  const std::uint16_t check = sum(summed);
  const bool right = GENERATE(true, false);
  fields.payload[6] = static_cast<std::uint8_t>(check >> 8);
  fields.payload[7] = static_cast<std::uint8_t>((check & 0xff) + (right ? 0 : 1));
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  const bool good = right && covered != 7 && covered != 13;
  CAPTURE(int{covered}, right);
  const auto out = bed.sent(kPortA);
  REQUIRE(out.size() == (good ? 1 : 0));
  if (good) {
    CHECK(out[0][kIcmp] == 3);
    CHECK(out[0][kIcmp + 1] == 3);
  }
  CHECK(bed.drops(good ? DropReason::kPortClosed : DropReason::kUdpBad) == 1);
}
