// SPDX-License-Identifier: BSD-3-Clause
// Chains at the ingress of ports and sub-interfaces, which see frames as they came.
#include <catch2/catch.hpp>

#include "asking.hpp"
#include "explaining.hpp"
#include "ip6_frames.hpp"
#include "ruled.hpp"

using namespace ringroad;
using namespace ringroad::test;
using stats::DropReason;

namespace {

constexpr std::uint16_t kQ = 0x8100;
constexpr std::uint16_t kAd = 0x88a8;

Testbed::Options with_vlans(std::string_view text) {
  Testbed::Options options = with_rules(text);
  auto& ports = options.config.ports;
  ports.push_back(sub_interface("a.10", "a", 10, {Ipv4{10, 0, 10, 1}, 24}));
  ports.push_back(
      sub_interface("a.300", "a", 300, {Ipv4{10, 0, 30, 1}, 24}, config::VlanProtocol::k8021ad));
  ports.push_back(sub_interface("a.300.7", "a.300", 7, {Ipv4{10, 0, 7, 1}, 24}));
  return options;
}

// What the rules of a chain counted, in their order.
std::vector<std::uint64_t> counts(Testbed& bed, const std::string& chain) {
  const auto answer = ask(bed, {"show", "firewall"}, {{"chain", chain}});
  std::vector<std::uint64_t> all;
  for (const auto& table : answer.at("ok").at("tables")) {
    for (const auto& each : table.at("chains")) {
      for (const auto& rule : each.at("rules")) {
        all.push_back(rule.at("packets"));
      }
    }
  }
  return all;
}

std::uint64_t received(const Testbed& bed, InterfaceId interface) {
  return bed.router->workers()[0]->interface(interface).rx_packets.get();
}

Ipv4Fields from_vlan(const Testbed& bed, Ipv4 source) {
  Ipv4Fields fields = bed.from_a_to_b();
  fields.source = source;
  return fields;
}

}  // namespace

TEST_CASE("a chain at the ingress sees what comes by its device, before anything else does") {
  Testbed bed{with_rules(R"(
    table netdev early {
      chain a { type filter hook ingress device a priority -500; policy accept;
        ip saddr 192.168.1.66 counter drop
        ip6 saddr fe80::bad counter drop
        ether type arp counter
        ip version 5 counter
        counter
      }
    })")};
  bed.resolve_hosts();  // an ARP packet by each port
  Ipv4Fields bad = bed.from_a_to_b();
  bad.source = Ipv4{192, 168, 1, 66};
  Frame wrong = make_ipv4(bad);
  wrong[14] = 0x55;  // no rule reads a header of version 5
  const std::uint64_t before = received(bed, interface_of(kPortA));
  bed.receive(kPortA, make_ipv4(bad));
  bed.receive(kPortA, make_ipv4(bed.from_a_to_b()));
  bed.receive(kPortA, wrong);
  bed.receive(kPortB, make_ipv4(bed.from_b_to_a()));
  bed.run();
  CHECK(bed.sent(kPortB).size() == 1);
  CHECK(bed.sent(kPortA).size() == 1);
  CHECK(bed.drops(DropReason::kFirewall) == 1);
  CHECK(bed.drops(DropReason::kIpBadVersion) == 1);
  CHECK(received(bed, interface_of(kPortA)) == before + 3);
  CHECK(counts(bed, "a") == std::vector<std::uint64_t>{1, 0, 1, 0, 3});
}

TEST_CASE("a port that drops all at its ingress learns no neighbors and answers none") {
  Testbed bed{
      with_rules("table netdev t { chain a { type filter hook ingress device \"a\" priority 0; "
                 "policy drop; } }")};
  bed.receive(kPortA, make_arp(1, kMacA, kHostA, {}, kRouterA, kBroadcastMac));
  bed.receive(kPortB, make_arp(1, kMacB, kHostB, {}, kRouterB, kBroadcastMac));
  bed.run();
  CHECK(bed.sent(kPortA).empty());
  CHECK(bed.sent(kPortB).size() == 1);
  CHECK(bed.drops(DropReason::kFirewall) == 1);
}

TEST_CASE("a tagged frame passes the ingress of its port with the tag, then of its sub-interface") {
  Testbed bed{with_vlans(R"(
    table netdev t {
      chain port { type filter hook ingress device a priority 0;
        vlan id 10 vlan pcp 3 counter
        vlan id 10 vlan type ip counter
        ether type vlan counter
        ether type 8021ad counter
        meta protocol ip counter
        ip saddr 10.0.10.2 udp dport 9 counter
        @ll,96,32 0x81006063 counter
      }
      chain sub { type filter hook ingress devices = { a.10, a.300 } priority 0;
        vlan id 10 counter
        ether type ip counter
        iifname "a.10" ip saddr 10.0.10.2 counter
        iifname "a.300" vlan id 7 counter
      }
    })")};
  bed.resolve_hosts();
  Ipv4Fields fields = from_vlan(bed, Ipv4{10, 0, 10, 2});
  fields.payload = {3, 0, 0, 9, 0, 8, 0, 0};
  const Frame frame = make_ipv4(fields);
  const auto check = [&](const std::vector<std::uint64_t>& port,
                         const std::vector<std::uint64_t>& sub, std::size_t sent) {
    bed.run();
    CHECK(bed.sent(kPortB).size() == sent);
    CHECK(counts(bed, "port") == port);
    CHECK(counts(bed, "sub") == sub);
  };
  SECTION("802.1Q in the frame") {
    bed.receive(kPortA, tagged(frame, {{kQ, 10 | 3U << 13U}}));
    check({1, 1, 1, 0, 1, 1, 0}, {0, 1, 1, 0}, 1);
  }
  SECTION("802.1Q that the device took off") {
    bed.receive_stripped(kPortA, frame, 10 | 3U << 13U);
    check({1, 1, 1, 0, 1, 1, 0}, {0, 1, 1, 0}, 1);
  }
  SECTION("802.1ad with a tag inside") {
    fields.source = Ipv4{10, 0, 7, 2};
    bed.receive(kPortA, tagged(make_ipv4(fields), {{kAd, 300}, {kQ, 7}}));
    check({0, 0, 0, 1, 0, 0, 0}, {0, 0, 0, 1}, 1);
  }
  SECTION("an unknown VLAN") {
    bed.receive(kPortA, tagged(frame, {{kQ, 99 | 3U << 13U}}));
    check({0, 0, 1, 0, 1, 1, 1}, {0, 0, 0, 0}, 0);
    CHECK(bed.drops(DropReason::kVlanUnknown) == 1);
  }
}

TEST_CASE("what a chain at the ingress writes holds behind it") {
  Testbed bed{with_rules(R"(
    table inet t {
      chain early { type filter hook ingress device a priority 0;
        udp dport 9 meta mark set 7 notrack ip dscp set cs1
      }
      chain later { type filter hook prerouting priority 0;
        meta mark 7 ct state untracked ip dscp cs1 counter
        ct state new counter
      }
    })")};
  bed.resolve_hosts();
  Ipv4Fields fields = bed.from_a_to_b();
  fields.payload = {3, 0, 0, 9, 0, 8, 0, 0};
  bed.receive(kPortA, make_ipv4(fields));
  fields.payload = {3, 0, 0, 8, 0, 8, 0, 0};
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  const auto sent = bed.sent(kPortB);
  REQUIRE(sent.size() == 2);
  CHECK(sent[0].at(15) == 0x20);
  CHECK(sent[1].at(15) == 0);
  CHECK(counts(bed, "later") == std::vector<std::uint64_t>{1, 1});
}

TEST_CASE("an explanation has the rules at the ingress") {
  Testbed bed{with_rules(R"(
    table netdev t {
      chain a { type filter hook ingress device a priority 0; udp dport 9 drop; }
    })")};
  bed.resolve_hosts();
  const auto answer = explain(
      bed,
      {{"source", "192.168.1.2"}, {"destination", "192.168.2.2"}, {"proto", "udp"}, {"dport", 9U}});
  CHECK_THAT(says(answer),
             Catch::Contains("INGRESS: netdev t a, handle 2: `udp dport 9 drop`: drop"));
  CHECK(bed.drops(DropReason::kFirewall) == 0);
}
