// SPDX-License-Identifier: BSD-3-Clause
#include <catch2/catch.hpp>

#include "testbed.hpp"

using namespace ringroad;
using namespace ringroad::test;
using stats::DropReason;

namespace {

using Octets = std::vector<std::uint8_t>;
constexpr std::size_t kOptions = kIp + 20;

Octets octets(Ipv4 address) {
  const std::uint32_t value = address.value();
  return {static_cast<std::uint8_t>(value >> 24U), static_cast<std::uint8_t>(value >> 16U),
          static_cast<std::uint8_t>(value >> 8U), static_cast<std::uint8_t>(value)};
}
Octets operator+(Octets left, const Octets& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}
Octets options_of(const Frame& frame) {
  const auto header = static_cast<std::ptrdiff_t>((frame[kIp] & 0xfU) * 4U);
  return {frame.begin() + kOptions, frame.begin() + kIp + header};
}

const Octets kEmptySlots(8);

}  // namespace

TEST_CASE("record route gets the address by which the packet leaves") {
  Testbed bed;
  bed.resolve_hosts();
  auto fields = bed.from_a_to_b();
  fields.options = Octets{7, 11, 4} + kEmptySlots + Octets{0};
  SECTION("an empty place") {
    bed.receive(kPortA, make_ipv4(fields));
    bed.run();
    const auto out = bed.sent(kPortB);
    REQUIRE(out.size() == 1);
    CHECK(options_of(out[0]) == Octets{7, 11, 8} + octets(kRouterB) + Octets{0, 0, 0, 0, 0});
    CHECK(ip_checksum_right(out[0]));
    CHECK(out[0][kTtl] == 63);
  }
  SECTION("no place") {
    fields.options[2] = 12;
    bed.receive(kPortA, make_ipv4(fields));
    bed.run();
    const auto out = bed.sent(kPortB);
    REQUIRE(out.size() == 1);
    CHECK(options_of(out[0]) == fields.options);
    CHECK(ip_checksum_right(out[0]));
  }
  SECTION("to a neighbor not known yet") {
    fields.destination = Ipv4{192, 168, 2, 9};
    bed.receive(kPortA, make_ipv4(fields));
    bed.run();
    REQUIRE(bed.sent(kPortB).size() == 1);  // the ARP request
    bed.receive(kPortB,
                make_arp(2, kMacB, fields.destination, bed.mac(kPortB), kRouterB, bed.mac(kPortB)));
    bed.run();
    const auto out = bed.sent(kPortB);
    REQUIRE(out.size() == 1);
    CHECK(options_of(out[0]) == Octets{7, 11, 8} + octets(kRouterB) + Octets{0, 0, 0, 0, 0});
    CHECK(ip_checksum_right(out[0]));
  }
  CHECK(bed.all_drops() == 0);
}

TEST_CASE("a timestamp gets our time, with our address where it asks for it") {
  Testbed bed;
  bed.resolve_hosts();
  auto fields = bed.from_a_to_b();
  Octets start;
  SECTION("time only") {
    fields.options = Octets{68, 12, 5, 0} + kEmptySlots;
    start = {68, 12, 9, 0};
  }
  SECTION("time and address") {
    fields.options = Octets{68, 12, 5, 1} + kEmptySlots;
    start = Octets{68, 12, 13, 1} + octets(kRouterB);
  }
  SECTION("our address is asked for") {
    fields.options = Octets{68, 12, 5, 3} + octets(kRouterA) + Octets(4);
    start = Octets{68, 12, 13, 3} + octets(kRouterA);
  }
  SECTION("another's is asked for") {
    fields.options = Octets{68, 12, 5, 3} + octets(kHostB) + Octets(4);
    start = fields.options;
  }
  SECTION("no room: overflow is counted") {
    fields.options = Octets{68, 12, 13, 0x21} + kEmptySlots;
    start = Octets{68, 12, 13, 0x31} + kEmptySlots;
  }
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  const auto out = bed.sent(kPortB);
  REQUIRE(out.size() == 1);
  auto options = options_of(out[0]);
  CHECK(options.size() == 12);
  options.resize(start.size());
  CHECK(options == start);
  CHECK(ip_checksum_right(out[0]));
}

TEST_CASE("router alert and what is unknown go on as they are; behind the end all is zero") {
  Testbed bed;
  bed.resolve_hosts();
  auto fields = bed.from_a_to_b();
  Octets expected;
  SECTION("router alert") {
    fields.options = {148, 4, 0, 0};
    expected = fields.options;
  }
  SECTION("unknown") {
    fields.options = {0x5e, 6, 1, 2, 3, 4, 1, 1};
    expected = fields.options;
  }
  SECTION("behind the end") {
    fields.options = {1, 0, 7, 9};
    expected = {1, 0, 0, 0};
  }
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  const auto out = bed.sent(kPortB);
  REQUIRE(out.size() == 1);
  CHECK(options_of(out[0]) == expected);
  CHECK(ip_checksum_right(out[0]));
}

TEST_CASE("a parameter problem names the octet at fault") {
  Testbed bed;
  bed.resolve_hosts();
  using Case = std::pair<Octets, int>;
  const auto [options, place] = GENERATE(
      Case{{7, 39, 4, 0}, 20}, Case{{7, 1, 4, 0}, 20}, Case{{1, 1, 1, 7}, 23},
      Case{{7, 2, 1, 1}, 21}, Case{{7, 3, 3, 0}, 22}, Case{{7, 4, 4, 0}, 22},
      Case{{7, 3, 4, 7, 3, 4, 0, 0}, 23}, Case{{68, 3, 5, 0}, 21}, Case{{68, 4, 4, 0}, 22},
      Case{{68, 4, 5, 0xf0}, 23}, Case{{68, 8, 5, 1, 0, 0, 0, 0}, 22}, Case{{148, 3, 0, 0}, 21},
      Case{{131, 3, 3, 0}, 22}, Case{{131, 2, 0, 0}, 21}, Case{{131, 3, 4, 131, 3, 4, 0, 0}, 23},
      Case{{134, 6, 0, 0, 0, 1, 0, 0}, 21}, Case{{134, 8, 0, 0, 0, 1, 0, 0}, 22});
  auto fields = bed.from_a_to_b();
  // The options are checked before the route and the TTL.
  fields.destination = GENERATE(Ipv4{kHostB}, kRouterA, Ipv4{203, 0, 113, 1});
  fields.ttl = GENERATE(std::uint8_t{64}, std::uint8_t{1});
  fields.options = options;
  CAPTURE(options, fields.destination.to_string(), int{fields.ttl});
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  const auto out = bed.sent(kPortA);
  REQUIRE(out.size() == 1);
  const std::size_t icmp = kIp + (out[0][kIp] & 0xfU) * 4U;
  CHECK(out[0][icmp] == 12);
  CHECK(out[0][icmp + 1] == 0);
  CHECK(out[0][icmp + 4] == place);
  CHECK(sum(std::span{out[0]}.subspan(icmp)) == 0);
  CHECK(bed.drops(DropReason::kIpBadOptions) == 1);
  CHECK(bed.all_drops() == 1);
}

TEST_CASE("source routes are refused in silence") {
  Testbed bed;
  bed.resolve_hosts();
  auto fields = bed.from_a_to_b();
  fields.options = {GENERATE(std::uint8_t{131}, std::uint8_t{137}), 7, 4, 10, 0, 0, 1, 0};
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  CHECK(bed.sent(kPortA).empty());
  CHECK(bed.sent(kPortB).empty());
  CHECK(bed.drops(DropReason::kSourceRoute) == 1);
}

TEST_CASE("answers carry the options of what they answer") {
  Testbed bed;
  bed.resolve_hosts();
  auto fields = bed.from_a_to_b();
  fields.options = Octets{1, 7, 15, 4} + Octets(12) + Octets(4);
  Octets route{7, 15};
  SECTION("an echo reply: we, coming and going") {
    fields.destination = kRouterB;
    fields.protocol = 1;
    fields.payload = echo_request(1);
    route = route + Octets{12} + octets(kRouterB) + octets(kRouterB) + Octets{0, 0, 0, 0};
  }
  SECTION("an error: the address that faces the sender") {
    fields.ttl = 1;
    route = route + Octets{12} + octets(kRouterA) + octets(kRouterA) + Octets{0, 0, 0, 0};
  }
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  const auto out = bed.sent(kPortA);
  REQUIRE(out.size() == 1);
  CHECK(options_of(out[0]) == route + Octets{0});
  CHECK(ip_checksum_right(out[0]));
  CHECK(sum(std::span{out[0]}.subspan(kIp + 36)) == 0);
}

TEST_CASE("an error about a source-routed packet goes back its way") {
  Testbed bed;
  bed.resolve_hosts();
  auto fields = bed.from_a_to_b();
  const Ipv4 hop{192, 168, 2, 3};
  // Both slots are used; a record route option follows that is too short.
  fields.options = Octets{131, 11, 12} + octets(hop) + octets(kHostB) + Octets{7, 2, 0, 0, 0};
  SECTION("by what it came by") {}
  SECTION("without its sender, where that stands at the start") {
    fields.options =
        Octets{131, 15, 16} + octets(kHostA) + octets(hop) + octets(kHostB) + Octets{7, 2, 0, 0, 0};
  }
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  const auto out = bed.sent(kPortB);
  REQUIRE(out.size() == 1);
  CHECK(ip_destination(out[0]) == kHostB);
  CHECK(options_of(out[0]) == Octets{131, 11, 4} + octets(hop) + octets(kHostA) + Octets{0});
  CHECK(ip_checksum_right(out[0]));
  CHECK(out[0][kIp + 32] == 12);
}

TEST_CASE("packets with options keep to the same rules as others") {
  auto config = Testbed::basic_config();
  config.routes = {
      {.to = *Prefix4::parse("10.1.0.0/16"), .type = RouteType::kBlackhole, .next_hops = {}}};
  Testbed bed{{.config = config}};
  bed.resolve_hosts();
  auto fields = bed.from_a_to_b();
  fields.options = {1, 1, 1, 0};
  DropReason reason{};
  bool answered = false;
  SECTION("time to live") {
    fields.ttl = 1;
    reason = DropReason::kTtlExceeded;
    answered = true;
  }
  SECTION("no route") {
    fields.destination = Ipv4{203, 0, 113, 1};
    reason = DropReason::kNoRoute;
    answered = true;
  }
  SECTION("a blackhole") {
    fields.destination = Ipv4{10, 1, 1, 1};
    reason = DropReason::kBlackhole;
  }
  SECTION("a martian") {
    fields.destination = Ipv4{127, 0, 0, 1};
    reason = DropReason::kMartianDestination;
  }
  SECTION("a broadcast") {
    fields.destination = Ipv4{192, 168, 2, 255};
    reason = DropReason::kBroadcast;
  }
  SECTION("a frame to all stations") {
    fields.destination_mac = kBroadcastMac;
    reason = DropReason::kL2Broadcast;
  }
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  CHECK(bed.drops(reason) == 1);
  CHECK(bed.all_drops() == 1);
  CHECK(bed.sent(kPortA).size() == (answered ? 1 : 0));
  CHECK(bed.sent(kPortB).empty());
}
