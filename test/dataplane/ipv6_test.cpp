// SPDX-License-Identifier: BSD-3-Clause
// IPv6 through the whole router in process.
#include <array>
#include <catch2/catch.hpp>

#include "neigh/nd_message.hpp"
#include "testbed.hpp"

using namespace ringroad;
using namespace ringroad::test;
using stats::DropReason;

namespace {

const Ipv6 kRouterA6{0x2001'0db8'0001'0000, 1};
const Ipv6 kRouterB6{0x2001'0db8'0002'0000, 1};
const Ipv6 kHostA6{0x2001'0db8'0001'0000, 2};
const Ipv6 kHostB6{0x2001'0db8'0002'0000, 2};
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

struct Ipv6Fields {
  Mac destination_mac;
  Ipv6 source = kHostA6;
  Ipv6 destination = kHostB6;
  std::uint8_t hop_limit = 64;
  std::uint8_t traffic_class = 0;
  std::uint8_t next_header = 17;
  std::vector<std::uint8_t> payload = std::vector<std::uint8_t>(26, 0x5a);
};

Frame make_ipv6(const Ipv6Fields& fields) {
  Frame frame;
  const auto put = [&](const auto& octets) {
    frame.insert(frame.end(), octets.begin(), octets.end());
  };
  put(fields.destination_mac.octets);
  put(kMacA.octets);
  const auto length = static_cast<std::uint16_t>(fields.payload.size());
  put(std::array<std::uint8_t, 10>{
      0x86, 0xdd, static_cast<std::uint8_t>(0x60U | fields.traffic_class >> 4U),
      static_cast<std::uint8_t>((fields.traffic_class & 0xfU) << 4U), 0, 0,
      static_cast<std::uint8_t>(length >> 8U), static_cast<std::uint8_t>(length & 0xffU),
      fields.next_header, fields.hop_limit});
  std::array<std::uint8_t, 16> address{};
  fields.source.write(address.data());
  put(address);
  fields.destination.write(address.data());
  put(address);
  put(fields.payload);
  return frame;
}

Ipv6 address6(const Frame& frame, std::size_t at) { return Ipv6::read(&frame.at(at)); }

// The frames of that ICMPv6 type.
std::vector<Frame> of_type(std::vector<Frame> frames, std::uint8_t type) {
  std::erase_if(frames, [type](const Frame& frame) {
    return ether_type(frame) != 0x86dd || frame.at(kIp + 6) != 58 || frame.at(kUpper) != type;
  });
  return frames;
}

Frame advertisement_from(Ipv6 host, Mac mac, Ipv6 router, Mac router_mac) {
  return neigh::frame(neigh::NeighborAdvertisement{.source = host,
                                                   .destination = router,
                                                   .target = host,
                                                   .solicited = true,
                                                   .override_ = true,
                                                   .target_mac = mac},
                      router_mac, mac);
}

// Both hosts answer solicitations: the router knows their MAC addresses from here on.
void resolve_hosts(Testbed& bed) {
  bed.receive(kPortA, make_ipv6({.destination_mac = bed.mac(kPortA)}));
  bed.run();
  bed.receive(kPortB, advertisement_from(kHostB6, kMacB, kRouterB6, bed.mac(kPortB)));
  bed.run();
  bed.receive(
      kPortB,
      make_ipv6({.destination_mac = bed.mac(kPortB), .source = kHostB6, .destination = kHostA6}));
  bed.run();
  bed.receive(kPortA, advertisement_from(kHostA6, kMacA, kRouterA6, bed.mac(kPortA)));
  bed.run();
  bed.discard(kPortA);
  bed.discard(kPortB);
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
  resolve_hosts(bed);
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
  SECTION("a link-local destination") {
    fields.destination = Ipv6{0xfe80'0000'0000'0000, 77};
    reason = DropReason::kScope;
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
  bed.advance_in_steps(1200ms);
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
  resolve_hosts(bed);
  constexpr std::uint64_t kScanned = 20'000;
  std::uint64_t arrived = 0;
  for (std::uint64_t i = 1; i <= kScanned; ++i) {
    bed.receive(kPortA, make_ipv6({.destination_mac = bed.mac(kPortA),
                                   .destination = Ipv6{0x2001'0db8'0002'0000, 0x10'0000 + i}}));
    if (i % 100 == 0) {
      bed.receive(kPortA, make_ipv6({.destination_mac = bed.mac(kPortA)}));
      bed.advance(10ms);
      for (const Frame& frame : bed.sent(kPortB)) {
        arrived += destination_mac(frame) == kMacB && address6(frame, kDestination6) == kHostB6;
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
  resolve_hosts(bed);
  Ipv6Fields fields{.destination_mac = bed.mac(kPortA), .destination = host};
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

TEST_CASE("a host that asks all without its MAC address is not answered unless it is known") {
  Testbed bed{with_ipv6()};
  const neigh::NeighborSolicitation question{
      .source = kHostA6, .destination = kRouterA6.solicited_node(), .target = kRouterA6};
  const Frame asked = neigh::frame(question, neigh::multicast_mac(question.destination), kMacA);
  bed.receive(kPortA, asked);
  bed.run();
  CHECK(bed.sent(kPortA).empty());
  CHECK(bed.drops(DropReason::kNdIgnored) == 1);
  resolve_hosts(bed);
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
  resolve_hosts(bed);
  bed.receive(kPortA, make_ipv6({.destination_mac = bed.mac(kPortA), .destination = host}));
  bed.run();
  const auto told = of_type(bed.sent(kPortA), 137);
  REQUIRE(told.size() == 1);
  CHECK(told[0].at(kUpper + 40) == 2);  // target link-layer address
  CHECK(std::equal(mac.octets.begin(), mac.octets.end(), &told[0].at(kUpper + 42)));
}
