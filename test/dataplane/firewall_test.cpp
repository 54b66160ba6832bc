// SPDX-License-Identifier: BSD-3-Clause
// Rules in the language of nft(8), through the whole router in process.
#include <array>
#include <catch2/catch.hpp>
#include <fstream>

#include "asking.hpp"
#include "base/log.hpp"
#include "folder.hpp"
#include "ip6_frames.hpp"
#include "ruled.hpp"

using namespace ringroad;
using namespace ringroad::test;
using stats::DropReason;

namespace {

Testbed::Options with_rules6(std::string_view text) {
  Testbed::Options options = with_rules(text);
  options.config.nd.dad_transmits = 0;
  options.config.ports[0].addresses6 = {{.address = kRouterA6, .length = 64}};
  options.config.ports[1].addresses6 = {{.address = kRouterB6, .length = 64}};
  return options;
}

std::vector<std::uint8_t> ports(std::uint16_t source, std::uint16_t destination) {
  std::vector<std::uint8_t> octets(26, 0);
  octets[0] = static_cast<std::uint8_t>(source >> 8U);
  octets[1] = static_cast<std::uint8_t>(source);
  octets[2] = static_cast<std::uint8_t>(destination >> 8U);
  octets[3] = static_cast<std::uint8_t>(destination);
  octets[5] = 26;  // UDP's length
  return octets;
}

Ipv4Fields udp(const Testbed& bed, std::uint16_t destination) {
  Ipv4Fields fields = bed.from_a_to_b();
  fields.payload = ports(1000, destination);
  return fields;
}

// A segment with a right checksum.
Ipv4Fields tcp(const Testbed& bed, std::uint16_t destination, std::uint8_t flags) {
  Ipv4Fields fields = bed.from_a_to_b();
  fields.protocol = 6;
  std::vector<std::uint8_t> octets = ports(1000, destination);
  octets.resize(20);
  octets[4] = 0x01;  // sequence 0x01000000
  octets[5] = 0;
  octets[12] = 0x50;
  octets[13] = flags;
  std::vector<std::uint8_t> pseudo(12);
  for (std::size_t i = 0; i < 4; ++i) {
    pseudo[i] = static_cast<std::uint8_t>(fields.source.value() >> (24 - 8 * i));
    pseudo[4 + i] = static_cast<std::uint8_t>(fields.destination.value() >> (24 - 8 * i));
  }
  pseudo[9] = 6;
  pseudo[11] = 20;
  pseudo.insert(pseudo.end(), octets.begin(), octets.end());
  const std::uint16_t checksum = sum(pseudo);
  octets[16] = static_cast<std::uint8_t>(checksum >> 8U);
  octets[17] = static_cast<std::uint8_t>(checksum);
  fields.payload = octets;
  return fields;
}

// The rule's counter.
std::uint64_t counted(Testbed& bed, const std::string& chain, std::size_t rule) {
  const auto answer = ask(bed, {"show", "firewall"}, {{"chain", chain}});
  return answer.at("ok").at("tables").at(0).at("chains").at(0).at("rules").at(rule).at("packets");
}

}  // namespace

TEST_CASE("rules drop, accept, count and reject what is forwarded, to the router and from it") {
  Testbed bed{with_rules6(R"(
    table inet filter {
      chain input { type filter hook input priority 0; policy accept;
        icmp type echo-request counter drop
      }
      chain forward { type filter hook forward priority 0; policy drop;
        udp dport 53 counter accept
        udp dport { 80, 443 } counter reject
        meta nfproto ipv6 counter accept
      }
      chain output { type filter hook output priority 0;
        icmp type destination-unreachable counter
      }
    })")};
  bed.resolve_hosts();
  resolve_hosts6(bed);
  bed.receive(kPortA, make_ipv4(udp(bed, 53)));
  bed.receive(kPortA, make_ipv4(udp(bed, 54)));
  bed.receive(kPortA, make_ipv4(udp(bed, 443)));
  bed.receive(kPortA, make_ipv6({.destination_mac = bed.mac(kPortA)}));
  bed.receive(kPortA, make_ipv4(bed.ping(kRouterA)));
  bed.receive(kPortA, make_ipv4(bed.long_ping(kRouterA)));
  bed.run();
  CHECK(bed.sent(kPortB).size() == 2);
  const auto back = bed.sent(kPortA);
  REQUIRE(back.size() == 1);  // no echo reply, one error
  CHECK(back[0].at(kIcmp) == 3);
  CHECK(back[0].at(kIcmp + 1) == 3);
  CHECK(ip_source(back[0]) == kRouterA);
  CHECK(bed.drops(DropReason::kFirewall) == 4);
  CHECK(counted(bed, "input", 0) == 2);
  CHECK(counted(bed, "forward", 0) == 1);
  CHECK(counted(bed, "forward", 1) == 1);
  CHECK(counted(bed, "forward", 2) == 1);
  CHECK(counted(bed, "output", 0) == 1);
}

TEST_CASE("a segment that is rejected is reset, as its receiver would") {
  Testbed bed{with_rules6(
      "table ip t { chain c { type filter hook forward priority 0; reject with tcp reset } }")};
  bed.resolve_hosts();
  const auto flags = GENERATE(std::uint8_t{0x02}, std::uint8_t{0x10}, std::uint8_t{0x04});
  bed.receive(kPortA, make_ipv4(tcp(bed, 22, flags)));
  Ipv4Fields wrong = tcp(bed, 22, flags);
  wrong.payload[17] ^= 1U;
  bed.receive(kPortA, make_ipv4(wrong));
  bed.receive(kPortA, make_ipv4(udp(bed, 22)));  // no segment: the rule does not match
  bed.run();
  CHECK(bed.sent(kPortB).size() == 1);
  const auto back = bed.sent(kPortA);
  if (flags == 0x04) {
    CHECK(back.empty());  // a reset is not answered
    return;
  }
  REQUIRE(back.size() == 1);
  CHECK(ip_source(back[0]) == kHostB);
  CHECK(ip_destination(back[0]) == kHostA);
  CHECK(word(back[0], kIcmp) == 22);
  CHECK(word(back[0], kIcmp + 2) == 1000);
  CHECK(back[0].at(kIcmp + 13) == (flags == 0x02 ? 0x14 : 0x04));
  CHECK(word(back[0], kIcmp + 10) == (flags == 0x02 ? 1 : 0));  // the SYN counts
}

TEST_CASE("a datagram without payload is rejected with an error, as is one of nothing but zeros") {
  Testbed bed{
      with_rules6("table ip t { chain c { type filter hook forward priority 0; reject } }")};
  bed.resolve_hosts();
  Ipv4Fields fields = bed.from_a_to_b();
  fields.protocol = 109;
  fields.payload.assign(GENERATE(0U, 24U), 0);
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  CHECK(bed.sent(kPortA).size() == 1);
}

TEST_CASE("an error about a rejected packet returns its options") {
  const bool is_read = GENERATE(true, false);  // options are read behind PREROUTING
  Testbed bed{with_rules6(std::string{"table ip t { chain c { type filter hook "} +
                          (is_read ? "forward" : "prerouting") + " priority 0; reject } }")};
  bed.resolve_hosts();
  Ipv4Fields fields = udp(bed, 9);
  fields.options = {7, 7, 4, 0, 0, 0, 0, 0};
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  const auto back = bed.sent(kPortA);
  REQUIRE(back.size() == 1);
  CHECK(back[0].at(kIp) == (is_read ? 0x47 : 0x45));
}

TEST_CASE("a segment in a broadcast frame is reset, but no error is sent about one") {
  const bool resets = GENERATE(true, false);
  Testbed bed{with_rules6(std::string{"table ip t { chain c { type filter hook prerouting "
                                      "priority 0; reject with "} +
                          (resets ? "tcp reset" : "icmp type port-unreachable") + " } }")};
  bed.resolve_hosts();
  Ipv4Fields fields = tcp(bed, 22, 0x02);
  fields.destination_mac = kBroadcastMac;
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  CHECK(bed.sent(kPortA).size() == (resets ? 1 : 0));
}

TEST_CASE(
    "no packet slips past a drop of what is forwarded: to a new neighbor, cut, with options") {
  auto options =
      with_rules6("table inet t { chain c { type filter hook forward priority 0; policy drop; } }");
  options.config.ports[1].mtu = 1280;
  Testbed bed{std::move(options)};
  bed.receive(kPortA, make_ipv4(udp(bed, 1)));
  Ipv4Fields fields = udp(bed, 2);
  fields.payload.resize(1400);
  bed.receive(kPortA, make_ipv4(fields));
  fields = udp(bed, 3);
  fields.options = {1, 1, 1, 0};
  bed.receive(kPortA, make_ipv4(fields));
  bed.receive(kPortA, make_ipv6({.destination_mac = bed.mac(kPortA)}));
  bed.run();
  CHECK(bed.sent(kPortB).empty());  // not even a question for the neighbor
  CHECK(bed.drops(DropReason::kFirewall) == 4);
}

TEST_CASE("neighbor discovery passes the rules for the router and from it, as with Linux") {
  const bool drops_input = GENERATE(true, false);
  Testbed bed{with_rules6(std::string{"table ip6 t { chain c { type filter hook "} +
                          (drops_input ? "input" : "output") +
                          " priority 0; icmpv6 type nd-neighbor-" +
                          (drops_input ? "solicit" : "advert") + " counter drop } }")};
  bed.run();
  static_cast<void>(bed.sent(kPortA));
  bed.receive(kPortA, solicitation_from(kHostA6, kMacA, kRouterA6));
  bed.run();
  CHECK(bed.sent(kPortA).empty());
  CHECK(counted(bed, "c", 0) >= 1);
}

TEST_CASE("another ruleset acts at once and whole, and one that is wrong changes nothing") {
  Testbed bed{with_rules6(
      "table ip t { chain c { type filter hook forward priority 0; udp dport 1 counter drop } }")};
  bed.resolve_hosts();
  const auto passes = [&](std::uint16_t port) {
    bed.receive(kPortA, make_ipv4(udp(bed, port)));
    bed.run();
    return bed.sent(kPortB).size() == 1;
  };
  CHECK_FALSE(passes(1));
  CHECK(passes(2));
  const Folder folder;
  const auto write = [&](std::string_view text) {
    const std::string file = folder / "rules.nft";
    std::ofstream{file} << text;
    return file;
  };
  const std::string next = write(
      "table ip t { chain c { type filter hook forward priority 0; udp dport 2 counter drop } }");
  CHECK(ask(bed, {"firewall", "load"}, {{"file", next}, {"check", true}}).contains("ok"));
  CHECK_FALSE(passes(1));
  CHECK(ask(bed, {"firewall", "load"}, {{"file", next}}).contains("ok"));
  CHECK(passes(1));
  CHECK_FALSE(passes(2));
  const std::string wrong =
      write("table ip t { chain c { type filter hook forward priority 0; udp dport 3 dorp } }");
  const auto refused = ask(bed, {"firewall", "load"}, {{"file", wrong}});
  CHECK(refused.at("error").get<std::string>().find(":1:") != std::string::npos);
  CHECK_FALSE(passes(2));
  CHECK(counted(bed, "c", 0) == 2);
}

TEST_CASE("rules are replaced while packets flow, and no packet is lost") {
  Testbed bed{
      with_rules6("table ip t { chain c { type filter hook forward priority 0; counter } }")};
  bed.resolve_hosts();
  const std::array rules{
      firewall_of("table ip t { chain c { type filter hook forward priority 0; counter } }"),
      firewall_of("table inet u { chain c { type filter hook prerouting priority 0; udp dport 9 "
                  "drop } chain d { type filter hook postrouting priority 0; accept } }"),
      config::Firewall{}};
  lose_nothing_while(bed, make_ipv4(udp(bed, 1)), [&](int round) {
    REQUIRE(bed.router->firewall().load(rules.at(static_cast<std::size_t>(round) % rules.size())));
  });
}

TEST_CASE("what rules log is bounded, and what is left out is counted") {
  log::set_up("info");
  Testbed bed{
      with_rules6("table ip t { chain c { type filter hook forward priority 0; log prefix "
                  "\"seen \" level info } }")};
  bed.resolve_hosts();
  for (int i = 0; i < 300; ++i) {
    bed.receive(kPortA, make_ipv4(udp(bed, 1)));
  }
  bed.run();
  CHECK(bed.sent(kPortB).size() == 300);
  bed.advance(std::chrono::seconds{2});
  const auto events = ask(bed, {"show", "log"}, {{"n", 200}}).at("ok");
  std::uint64_t lines = 0;
  bool counted_rest = false;
  for (const auto& event : events) {
    const std::string what = event.at("what");
    if (what.starts_with("firewall: seen IN=")) {
      lines += 1 + event.value("repeated", 0ULL);
      CHECK(what.find("SRC=192.168.1.2 DST=192.168.2.2") != std::string::npos);
      CHECK(what.find("PROTO=UDP SPT=1000 DPT=1") != std::string::npos);
    }
    counted_rest = counted_rest || what == "firewall: 250 packets more were to be logged";
  }
  CHECK(lines == 50);
  CHECK(counted_rest);
  log::set_up("error");  // as main() has it
}

TEST_CASE("an answer does not inherit the mark of what it answers") {
  Testbed bed{with_rules6(R"(
    table ip t {
      chain in { type filter hook prerouting priority 0; meta mark set 7 }
      chain out { type filter hook postrouting priority 0; meta mark 7 counter }
    })")};
  bed.resolve_hosts();
  const bool is_long = GENERATE(false, true);  // the worker answers, or the control thread
  bed.receive(kPortA, make_ipv4(is_long ? bed.long_ping(kRouterA) : bed.ping(kRouterA)));
  bed.receive(kPortA, make_ipv4(udp(bed, 1)));
  bed.run();
  CHECK(bed.sent(kPortA).size() == 1);
  CHECK(counted(bed, "out", 0) == 1);  // what is forwarded keeps its mark
}

TEST_CASE("a rejection before the route lookup comes from the address that faces the sender") {
  const bool before = GENERATE(true, false);
  Testbed bed{with_rules6(std::string{"table ip t { chain c { type filter hook "} +
                          (before ? "prerouting" : "input") +
                          " priority 0; udp dport 9 reject } }")};
  bed.resolve_hosts();
  Ipv4Fields fields = udp(bed, 9);
  fields.destination = kRouterB;
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  const auto back = bed.sent(kPortA);
  REQUIRE(back.size() == 1);
  CHECK(ip_source(back[0]) == (before ? kRouterA : kRouterB));
}

TEST_CASE("packets to all nodes pass input, whole or in fragments, and are not answered") {
  const bool rejects = GENERATE(true, false);
  Testbed bed{
      with_rules6(std::string{"table ip t { chain c { type filter hook input priority 0; "} +
                  "counter " + (rejects ? "reject" : "accept") + " } }")};
  bed.resolve_hosts();
  const auto to = GENERATE(Ipv4{192, 168, 1, 255}, Ipv4{255, 255, 255, 255}, Ipv4{224, 0, 0, 1});
  Ipv4Fields fields = bed.ping(to);
  bed.receive(kPortA, make_ipv4(fields));
  fields.id = 1;
  fields.payload.resize(16);
  fields.flags_offset = 0x2000;
  bed.receive(kPortA, make_ipv4(fields));
  fields.flags_offset = 2;
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  CHECK(bed.sent(kPortA).empty());
  CHECK(counted(bed, "c", 0) == 2);
  CHECK(bed.drops(rejects             ? DropReason::kFirewall
                  : to.is_multicast() ? DropReason::kMulticast
                                      : DropReason::kBroadcast) == 2);
}

TEST_CASE("wrong hop-by-hop options are refused before prerouting") {
  Testbed bed{with_rules6(
      "table ip6 t { chain c { type filter hook prerouting priority 0; counter drop } }")};
  resolve_hosts6(bed);
  const auto before = counted(bed, "c", 0);
  Ipv6Fields fields{.destination_mac = bed.mac(kPortA)};
  fields.next_header = 0;
  // An unknown option of which the sender is informed, then padding.
  fields.payload = {17, 0, 0x8a, 0, 1, 2, 0, 0};
  fields.payload.resize(34, 0);
  bed.receive(kPortA, make_ipv6(fields));
  fields.payload[2] = 0x0a;  // one that is skipped
  bed.receive(kPortA, make_ipv6(fields));
  bed.run();
  CHECK(counted(bed, "c", 0) == before + 1);
}
