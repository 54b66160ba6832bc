// SPDX-License-Identifier: BSD-3-Clause
// VLAN sub-interfaces: tags are removed on reception and added on transmission (IEEE 802.1Q,
// 802.1ad).
#include <catch2/catch.hpp>
#include <cstring>

#include "testbed.hpp"

namespace ringroad::test {
namespace {

using stats::DropReason;

constexpr std::uint16_t kQ = 0x8100;
constexpr std::uint16_t kAd = 0x88a8;
constexpr Ipv4 kHost10{10, 0, 10, 2};
constexpr Ipv4 kHost20{10, 0, 20, 2};
constexpr Mac kMac10{{0x02, 0, 0, 0, 0, 0x10}};
constexpr Mac kMac20{{0x02, 0, 0, 0, 0, 0x20}};

// Port a is a trunk: VLANs 10 and 20, and VLAN 7 inside the provider's VLAN 300.
Testbed::Options trunk() {
  Testbed::Options options;
  auto& ports = options.config.ports;
  ports.push_back(sub_interface("a.10", "a", 10, {Ipv4{10, 0, 10, 1}, 24}));
  ports.push_back(sub_interface("a.20", "a", 20, {Ipv4{10, 0, 20, 1}, 24}));
  ports.push_back(
      sub_interface("a.300", "a", 300, {Ipv4{10, 0, 30, 1}, 24}, config::VlanProtocol::k8021ad));
  ports.push_back(sub_interface("a.300.7", "a.300", 7, {Ipv4{10, 0, 7, 1}, 24}));
  return options;
}

void learn(Testbed& bed, const std::vector<Tag>& tags, Mac mac, Ipv4 host, Ipv4 router) {
  bed.receive(kPortA, tagged(make_arp(1, mac, host, {}, router, kBroadcastMac), tags));
  bed.run();
  const auto replies = bed.sent(kPortA);
  REQUIRE(replies.size() == 1);
  CHECK(replies[0] == tagged(make_arp(2, bed.mac(kPortA), router, mac, host, mac), tags));
}

Ipv4Fields packet(const Testbed& bed, Ipv4 from, Ipv4 to) {
  Ipv4Fields fields;
  fields.source_mac = kMac10;
  fields.destination_mac = bed.mac(kPortA);
  fields.source = from;
  fields.destination = to;
  return fields;
}

}  // namespace

TEST_CASE("a tag that the device took off says whose frame it is, as one in the frame does") {
  Testbed bed{trunk()};
  learn(bed, {{kQ, 10}}, kMac10, kHost10, {10, 0, 10, 1});
  learn(bed, {{kQ, 20}}, kMac20, kHost20, {10, 0, 20, 1});
  const Frame frame = make_ipv4(packet(bed, kHost10, kHost20));
  bed.receive_stripped(kPortA, frame, 10);
  bed.run();
  const auto sent = bed.sent(kPortA);
  REQUIRE(sent.size() == 1);
  CHECK(word(sent[0], 12) == kQ);
  CHECK((word(sent[0], 14) & 0xfffU) == 20);
  CHECK(bed.all_drops() == 0);
  bed.receive_stripped(kPortA, frame, 99);
  bed.run();
  CHECK(bed.drops(DropReason::kVlanUnknown) == 1);
  // VLAN 0 means a priority and no VLAN: the frame belongs to port a, where no host has that
  // address.
  bed.receive_stripped(kPortA, frame, 0x6000);
  bed.run();
  CHECK(bed.router->workers()[0]->interface(interface_of(kPortA)).rx_packets.get() == 5);
  CHECK(bed.router->workers()[0]->interface(InterfaceId{kPortsMax}).rx_packets.get() == 2);
}

TEST_CASE("a router on a stick routes from VLAN to VLAN by one port") {
  Testbed bed{trunk()};
  learn(bed, {{kQ, 10}}, kMac10, kHost10, {10, 0, 10, 1});
  learn(bed, {{kQ, 20}}, kMac20, kHost20, {10, 0, 20, 1});
  Ipv4Fields fields = packet(bed, kHost10, kHost20);
  bed.receive(kPortA, tagged(make_ipv4(fields), {{kQ, 10}}));
  bed.run();
  const auto sent = bed.sent(kPortA);
  REQUIRE(sent.size() == 1);
  fields.source_mac = bed.mac(kPortA);
  fields.destination_mac = kMac20;
  --fields.ttl;
  CHECK(sent[0] == tagged(make_ipv4(fields), {{kQ, 20}}));
}

TEST_CASE("two tags are an inner VLAN of an outer one") {
  Testbed bed{trunk()};
  bed.resolve_hosts();
  const Ipv4 host{10, 0, 7, 2};
  learn(bed, {{kAd, 300}, {kQ, 7}}, kMac10, host, {10, 0, 7, 1});
  Ipv4Fields fields = packet(bed, kHostB, host);
  fields.destination_mac = bed.mac(kPortB);
  bed.receive(kPortB, make_ipv4(fields));
  bed.run();
  const auto sent = bed.sent(kPortA);
  REQUIRE(sent.size() == 1);
  const Frame outer = tagged(make_ipv4({}), {{kAd, 300}, {kQ, 7}});
  CHECK(std::memcmp(sent[0].data() + 12, outer.data() + 12, 10) == 0);
  // The outer VLAN is a sub-interface too.
  learn(bed, {{kAd, 300}}, kMac20, {10, 0, 30, 2}, {10, 0, 30, 1});
}

TEST_CASE("what has a tag of no sub-interface is another station's") {
  Testbed bed{trunk()};
  bed.resolve_hosts();
  const Frame frame = make_ipv4(packet(bed, kHostA, kHostB));
  for (const std::vector<Tag>& tags : std::vector<std::vector<Tag>>{{{kQ, 11}},
                                                                    {{kAd, 10}},
                                                                    {{kQ, 300}},
                                                                    {{kQ, 10}, {kQ, 7}},
                                                                    {{kAd, 300}, {kQ, 8}},
                                                                    {{kQ, 4095}}}) {
    const std::uint64_t before = bed.drops(DropReason::kVlanUnknown);
    bed.receive(kPortA, tagged(frame, tags));
    bed.run();
    CHECK(bed.drops(DropReason::kVlanUnknown) == before + 1);
  }
  CHECK(bed.sent(kPortA).empty());
  CHECK(bed.sent(kPortB).empty());
}

TEST_CASE("VLAN 0 is a priority, not a VLAN") {
  Testbed bed{trunk()};
  bed.resolve_hosts();
  const Frame plain = make_ipv4(packet(bed, kHostA, kHostB));
  bed.receive(kPortA, plain);
  bed.receive(kPortA, tagged(plain, {{kQ, 0xe000}}));
  bed.run();
  const auto sent = bed.sent(kPortB);
  REQUIRE(sent.size() == 2);
  CHECK(sent[0] == sent[1]);
  // A priority tag before a VLAN's tag is ignored too.
  learn(bed, {{kQ, 10}}, kMac10, kHost10, {10, 0, 10, 1});
  bed.receive(kPortA, tagged(make_ipv4(packet(bed, kHost10, kHostB)), {{kQ, 0xa000}, {kQ, 10}}));
  bed.run();
  CHECK(bed.sent(kPortB).size() == 1);
}

TEST_CASE("a tag that ends the frame is counted as truncated") {
  Testbed bed{trunk()};
  Frame frame = tagged(make_ipv4(packet(bed, kHostA, kHostB)), {{kQ, 10}, {kQ, 10}});
  frame.resize(16);
  bed.receive(kPortA, frame);
  frame.resize(15);
  bed.receive(kPortA, frame);
  bed.run();
  CHECK(bed.drops(DropReason::kFrameTruncated) == 2);
}

TEST_CASE("priorities pass from tag to band and back") {
  Testbed::Options options = trunk();
  config::Vlan& in = *options.config.ports[2].vlan;
  in.ingress_qos[6] = 7;
  config::Vlan& out = *options.config.ports[3].vlan;
  out.egress_qos[7] = 5;
  out.egress_qos[6] = 3;
  Testbed bed{std::move(options)};
  learn(bed, {{kQ, 10}}, kMac10, kHost10, {10, 0, 10, 1});
  bed.receive(kPortA,
              tagged(make_arp(1, kMac20, kHost20, {}, {10, 0, 20, 1}, kBroadcastMac), {{kQ, 20}}));
  bed.run();
  static_cast<void>(bed.sent(kPortA));
  const auto tci = [&](std::uint16_t ingress_pcp, std::uint8_t tos) {
    Ipv4Fields fields = packet(bed, kHost10, kHost20);
    fields.tos = tos;
    bed.receive(kPortA, tagged(make_ipv4(fields),
                               {{kQ, static_cast<std::uint16_t>(ingress_pcp << 13 | 10)}}));
    bed.run();
    const auto sent = bed.sent(kPortA);
    REQUIRE(sent.size() == 1);
    return sent[0][14] << 8 | sent[0][15];
  };
  CHECK(tci(6, 0) == (5 << 13 | 20));     // PCP 6 is priority 7, which is PCP 5
  CHECK(tci(2, 0) == 20);                 // no map: the TOS, priority 0
  CHECK(tci(2, 0x10) == (3 << 13 | 20));  // TOS "minimize delay" is priority 6
}

TEST_CASE("a tag costs the packet nothing of its MTU") {
  Testbed bed{trunk()};
  bed.resolve_hosts();
  learn(bed, {{kQ, 10}}, kMac10, kHost10, {10, 0, 10, 1});
  Ipv4Fields fields = packet(bed, kHostB, kHost10);
  fields.destination_mac = bed.mac(kPortB);
  fields.payload.resize(1480);
  bed.receive(kPortB, make_ipv4(fields));
  bed.run();
  const auto sent = bed.sent(kPortA);
  REQUIRE(sent.size() == 1);
  CHECK(sent[0].size() == 1518);
}

}  // namespace ringroad::test
