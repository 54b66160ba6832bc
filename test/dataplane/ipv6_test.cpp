// SPDX-License-Identifier: BSD-3-Clause
// IPv6 through the whole router in process.
#include <array>
#include <catch2/catch.hpp>

#include "ip6_frames.hpp"
#include "neigh/nd_message.hpp"

using namespace ringroad;
using namespace ringroad::test;
using stats::DropReason;

namespace {

constexpr std::size_t kHopLimit = kIp + 7;
constexpr std::size_t kSource6 = kIp + 8;
constexpr std::size_t kDestination6 = kIp + 24;
constexpr std::size_t kUpper = kIp + 40;

Testbed::Options with_ipv6() {
  Testbed::Options options;
  options.config.nd.dad_transmits = 0;
  options.config.ports[0].addresses6 = {{.address = kRouterA6, .length = 64}};
  options.config.ports[1].addresses6 = {{.address = kRouterB6, .length = 64}};
  return options;
}

Ipv6 address6(const Frame& frame, std::size_t at) { return Ipv6::read(&frame.at(at)); }

// The frames of that ICMPv6 type.
std::vector<Frame> of_type(std::vector<Frame> frames, std::uint8_t type) {
  std::erase_if(frames, [type](const Frame& frame) {
    return ether_type(frame) != 0x86dd || frame.at(kIp + 6) != 58 || frame.at(kUpper) != type;
  });
  return frames;
}

}  // namespace

TEST_CASE("an IPv6 packet waits for its neighbor, and leaves with one hop less") {
  Testbed bed{with_ipv6()};
  bed.receive(kPortA, make_ipv6({.destination_mac = bed.mac(kPortA)}));
  bed.run();
  const auto asked = of_type(bed.sent(kPortB), 135);
  REQUIRE(asked.size() == 1);
  CHECK(address6(asked[0], kDestination6) == kHostB6.solicited_node());
  CHECK(destination_mac(asked[0]) == Mac{{0x33, 0x33, 0xff, 0, 0, 2}});
  CHECK(asked[0].at(kHopLimit) == 255);
  bed.receive(kPortB, advertisement_from(kHostB6, kMacB, kRouterB6, bed.mac(kPortB)));
  bed.run();
  auto out = bed.sent(kPortB);
  REQUIRE(out.size() == 1);
  CHECK(destination_mac(out[0]) == kMacB);
  CHECK(out[0].at(kHopLimit) == 63);
  CHECK(address6(out[0], kDestination6) == kHostB6);
  // The next one takes the fast path.
  bed.receive(kPortA, make_ipv6({.destination_mac = bed.mac(kPortA), .hop_limit = 2}));
  bed.run();
  out = bed.sent(kPortB);
  REQUIRE(out.size() == 1);
  CHECK(out[0].at(kHopLimit) == 1);
}

TEST_CASE("each IPv6 packet that is not forwarded has its reason, and its sender is told") {
  Testbed bed{with_ipv6()};
  resolve_hosts6(bed);
  Ipv6Fields fields{.destination_mac = bed.mac(kPortA)};
  DropReason reason = DropReason::kNoRoute;
  std::uint8_t type = 0;  // of the answer; 0: none
  std::uint8_t code = 0;
  SECTION("hop limit") {
    fields.hop_limit = 1;
    reason = DropReason::kTtlExceeded;
    type = 3;
  }
  SECTION("no route") {
    fields.destination = Ipv6{0x2001'0db8'0077'0000, 1};
    reason = DropReason::kNoRoute;
    type = 1;
  }
  SECTION("too big") {
    fields.payload.resize(1461);
    reason = DropReason::kPacketTooBig;
    type = 2;
  }
  SECTION("a link-local destination that is on no link") {
    fields.destination = Ipv6{0xfe80'0001'0000'0000, 77};
    reason = DropReason::kNoRoute;
    type = 1;
  }
  SECTION("an IPv4-mapped source") {
    fields.source = Ipv6{0, 0xffff'0102'0304};
    reason = DropReason::kMartianSource;
  }
  SECTION("loopback") {
    fields.destination = Ipv6{0, 1};
    reason = DropReason::kMartianDestination;
  }
  SECTION("a group that the router has not joined") {
    fields.destination = Ipv6{0xff0e'0000'0000'0000, 77};
    reason = DropReason::kMulticast;
  }
  SECTION("a closed UDP port") {
    fields.destination = kRouterA6;
    reason = DropReason::kUdpBad;
  }
  SECTION("an unknown protocol") {
    fields.destination = kRouterA6;
    fields.next_header = 254;
    reason = DropReason::kUnknownProtocol;
    type = 4;
    code = 1;
  }
  SECTION("a bad hop-by-hop option") {
    fields.next_header = 0;
    fields.payload = {17, 0, 0x80, 4, 0, 0, 0, 0};
    reason = DropReason::kIp6BadHeader;
    type = 4;
    code = 2;
  }
  bed.receive(kPortA, make_ipv6(fields));
  bed.run();
  CHECK(bed.drops(reason) == 1);
  const auto out = bed.sent(kPortA);
  if (type == 0) {
    CHECK(out.empty());
    return;
  }
  REQUIRE(out.size() == 1);
  CHECK(address6(out[0], kSource6) == kRouterA6);
  CHECK(address6(out[0], kDestination6) == kHostA6);
  CHECK(out[0].at(kUpper) == type);
  CHECK(out[0].at(kUpper + 1) == code);
}

TEST_CASE("hop-by-hop options inside a fragmented datagram are reported as an unknown header") {
  using Octets = std::vector<std::uint8_t>;
  Testbed bed{with_ipv6()};
  resolve_hosts6(bed);
  const auto receive = [&](std::uint8_t next_header, std::initializer_list<Octets> parts) {
    Octets payload;
    for (const Octets& part : parts) {
      payload.insert(payload.end(), part.begin(), part.end());
    }
    bed.receive(kPortA, make_ipv6({.destination_mac = bed.mac(kPortA),
                                   .destination = kRouterA6,
                                   .next_header = next_header,
                                   .payload = payload}));
    bed.run();
  };
  const auto hop_by_hop = [](std::uint8_t next) { return Octets{next, 0, 1, 4, 0, 0, 0, 0}; };
  const auto fragment = [](std::uint8_t next, std::uint8_t offset_and_more, std::uint8_t id) {
    return Octets{next, 0, 0, offset_and_more, 0, 0, 0, id};
  };
  const Octets echo{128, 0, 0, 0, 0, 1, 0, 1};
  receive(44, {fragment(0, 1, 7), hop_by_hop(58), echo});
  receive(44, {fragment(0, 16, 7), echo});
  const auto problems = of_type(bed.sent(kPortA), 4);
  REQUIRE(problems.size() == 1);
  CHECK(problems[0].at(kUpper + 1) == 1);
  CHECK(problems[0].at(kUpper + 7) == 6);  // the octet that had named the fragment header
  // Before the fragment header is their place; the echo request has no checksum.
  const auto before = bed.drops(DropReason::kIcmpBad);
  receive(0, {hop_by_hop(44), fragment(58, 1, 8), echo});
  receive(0, {hop_by_hop(44), fragment(58, 8, 8), echo});
  CHECK(bed.drops(DropReason::kIcmpBad) == before + 1);
  CHECK(of_type(bed.sent(kPortA), 4).empty());
}

TEST_CASE("a router without IPv6 drops it as an unknown EtherType") {
  Testbed bed;
  bed.receive(kPortA, make_ipv6({.destination_mac = bed.mac(kPortA)}));
  bed.run();
  CHECK(bed.drops(DropReason::kUnknownEthertype) == 1);
}

TEST_CASE("an address is probed for before it is used, and not used if another node has it") {
  Testbed::Options options = with_ipv6();
  options.config.nd.dad_transmits = 1;
  Testbed bed{options};
  bed.advance_in_steps(1s);  // the longest delay of a probe, and the time until it counts
  const auto probes = of_type(bed.sent(kPortA), 135);
  REQUIRE(probes.size() == 2);  // the link-local address and the other one
  CHECK(address6(probes[0], kSource6).is_unspecified());
  const bool taken = GENERATE(false, true);
  if (taken) {
    bed.receive(kPortA, neigh::frame(neigh::NeighborAdvertisement{.source = kRouterA6,
                                                                  .destination = kAllNodes,
                                                                  .target = kRouterA6,
                                                                  .override_ = true,
                                                                  .target_mac = kMacA},
                                     neigh::multicast_mac(kAllNodes), kMacA));
  }
  bed.advance_in_steps(2s);
  bed.discard(kPortA);
  const auto& way = bed.router->routing6().resolve(kRouterA6, 0);
  CHECK((way.kind == neigh::AdjacencyKind::kLocal) != taken);
}

TEST_CASE("a scan of a subnet leaves the known neighbors alone") {
  Testbed::Options options = with_ipv6();
  options.config.nd.gc_thresh = {128, 512, 1024};
  Testbed bed{options};
  resolve_hosts6(bed);
  constexpr std::uint64_t kScanned = 20'000;
  std::uint64_t arrived = 0;
  for (std::uint64_t i = 1; i <= kScanned; ++i) {
    bed.receive(kPortA, make_ipv6({.destination_mac = bed.mac(kPortA),
                                   .destination = Ipv6{0x2001'0db8'0002'0000, 0x10'0000 + i}}));
    if (i % 100 == 0) {
      bed.receive(kPortA, make_ipv6({.destination_mac = bed.mac(kPortA)}));
      bed.advance(10ms);
      for (const Frame& frame : bed.sent(kPortB)) {
        const bool is_it =
            destination_mac(frame) == kMacB && address6(frame, kDestination6) == kHostB6;
        arrived += is_it ? 1 : 0;
      }
    }
    if (i % 5000 == 0) {
      bed.receive(kPortB, advertisement_from(kHostB6, kMacB, kRouterB6, bed.mac(kPortB)));
    }
  }
  CHECK(arrived >= kScanned / 100);
  CHECK(bed.router->neighbors6().table().size() <= 1024);
  bed.discard(kPortA);
}

TEST_CASE("a packet to a link-local address goes back to its link, and its sender is told") {
  const Ipv6 host{0xfe80'0000'0000'0000, 0x77};
  const Mac mac{{2, 0, 0, 0, 0, 0x77}};
  Testbed bed{with_ipv6()};
  const Ipv6 router = interface::link_local_of(bed.mac(kPortA)).address;
  resolve_hosts6(bed);
  const Ipv6Fields fields{.destination_mac = bed.mac(kPortA), .destination = host};
  bed.receive(kPortA, make_ipv6(fields));
  bed.run();
  const auto out = bed.sent(kPortA);
  const auto asked = of_type(out, 135);
  REQUIRE(asked.size() == 1);
  CHECK(address6(asked[0], kDestination6) == host.solicited_node());
  const auto told = of_type(out, 137);
  REQUIRE(told.size() == 1);
  CHECK(address6(told[0], kUpper + 8) == host);   // the better first hop
  CHECK(address6(told[0], kUpper + 24) == host);  // for packets to it
  // The quoted packet, behind the redirected header option, is as its sender sent it.
  CHECK(told[0].at(kUpper + 40) == 4);
  CHECK(told[0].at(kUpper + 48 + 7) == 64);
  bed.receive(kPortA, advertisement_from(host, mac, router, bed.mac(kPortA)));
  bed.run();
  const auto forwarded = bed.sent(kPortA);
  REQUIRE(forwarded.size() == 1);
  CHECK(destination_mac(forwarded[0]) == mac);
  CHECK(forwarded[0].at(kHopLimit) == 63);
  CHECK(bed.discard(kPortB) == 0);
}

TEST_CASE("a ping of an anycast address is answered by the link on which it came, or not at all") {
  Testbed::Options options = with_ipv6();
  bool has_route = false;
  SECTION("no route leaves there") {}
  SECTION("a route leaves there, though not the best") {
    has_route = true;
    options.config.routes6 = {
        {.to = Prefix6{Ipv6{0x2000'0000'0000'0000, 0}, 3}, .next_hops = {{.via = kHostA6}}}};
  }
  Testbed bed{options};
  resolve_hosts6(bed);
  const Ipv6 subnet_router{kRouterB6.high(), 0};
  Ipv6Fields fields{.destination_mac = bed.mac(kPortA),
                    .source = kHostB6,
                    .destination = subnet_router,
                    .next_header = 58,
                    .payload = {128, 0, 0, 0, 0, 1, 0, 1}};
  mend_icmp6_checksum(fields);
  bed.receive(kPortA, make_ipv6(fields));
  bed.run();
  CHECK(bed.sent(kPortB).empty());
  const auto out = bed.sent(kPortA);
  REQUIRE(out.size() == (has_route ? 1 : 0));
  if (has_route) {
    CHECK(out[0].at(kUpper) == 129);
    CHECK(destination_mac(out[0]) == kMacA);
    CHECK(address6(out[0], kSource6) == kRouterA6);
    CHECK(address6(out[0], kDestination6) == kHostB6);
  } else {
    CHECK(bed.drops(DropReason::kIcmpIgnored) == 1);
  }
}

TEST_CASE("a host that asks all without its MAC address is not answered unless it is known") {
  Testbed bed{with_ipv6()};
  const neigh::NeighborSolicitation question{
      .source = kHostA6, .destination = kRouterA6.solicited_node(), .target = kRouterA6};
  const Frame asked = neigh::frame(question, neigh::multicast_mac(question.destination), kMacA);
  bed.receive(kPortA, asked);
  bed.run();
  CHECK(bed.sent(kPortA).empty());
  CHECK(bed.drops(DropReason::kNdIgnored) == 1);
  resolve_hosts6(bed);
  bed.receive(kPortA, asked);
  bed.run();
  CHECK(of_type(bed.sent(kPortA), 136).size() == 1);
}

TEST_CASE("a redirect names the MAC address of the better first hop, if that is known") {
  const Ipv6 host{0xfe80'0000'0000'0000, 0x77};
  const Mac mac{{2, 0, 0, 0, 0, 0x77}};
  Testbed::Options options = with_ipv6();
  options.config.neighbors6 = {{.address = host, .port = options.config.ports[0].name, .mac = mac}};
  Testbed bed{std::move(options)};
  resolve_hosts6(bed);
  bed.receive(kPortA, make_ipv6({.destination_mac = bed.mac(kPortA), .destination = host}));
  bed.run();
  const auto told = of_type(bed.sent(kPortA), 137);
  REQUIRE(told.size() == 1);
  CHECK(told[0].at(kUpper + 40) == 2);  // target link-layer address
  CHECK(std::equal(mac.octets.begin(), mac.octets.end(), &told[0].at(kUpper + 42)));
}
