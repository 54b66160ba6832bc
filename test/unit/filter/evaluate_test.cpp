// SPDX-License-Identifier: BSD-3-Clause
#include "rules.hpp"

namespace ringroad::filter {
namespace {

std::string chain(const std::string& rules, const std::string& more = "") {
  return Rules::chain(rules, more);
}

// Whether the checksums of IPv4, and of TCP or UDP above it, are right.
bool has_right_checksums(const Octets& octets) {
  const std::span all{octets};
  Octets pseudo{octets.begin() + 26, octets.begin() + 34};
  append(pseudo, octets[23], 2);
  append(pseudo, octets.size() - 34, 2);
  pseudo.insert(pseudo.end(), octets.begin() + 34, octets.end());
  return checksum(all.subspan(14, 20)) == 0 && checksum(pseudo) == 0;
}

Octets with_checksum(const Content& content) {
  Octets octets = content.frame();
  const std::size_t at = 34 + (content.protocol == IPPROTO_TCP ? 16U : 6U);
  Octets pseudo{octets.begin() + 26, octets.begin() + 34};
  append(pseudo, content.protocol, 2);
  append(pseudo, octets.size() - 34, 2);
  pseudo.insert(pseudo.end(), octets.begin() + 34, octets.end());
  const std::uint16_t sum = checksum(pseudo);
  std::memcpy(&octets[at], &sum, 2);
  return octets;
}

}  // namespace

TEST_CASE("a packet too short for a field matches neither equal nor unequal") {
  Rules equal{chain("tcp flags syn accept")};
  Rules unequal{chain("tcp flags != syn accept")};
  Content content{.protocol = IPPROTO_TCP, .transport_octets = 14};
  CHECK(equal.accepts(content));
  CHECK_FALSE(unequal.accepts(content));
  content.transport_octets = 13;
  CHECK_FALSE(equal.accepts(content));
  CHECK_FALSE(unequal.accepts(content));
}

TEST_CASE("a later fragment has a protocol but no ports") {
  Rules ports{chain("udp dport != 99 accept")};
  Rules protocol{chain("meta l4proto udp accept")};
  Content content{.fragment = 100};
  CHECK_FALSE(ports.accepts(content));
  CHECK(protocol.accepts(content));
  content = {.is_ipv6 = true, .fragment = 800, .has_fragment_header = true};
  CHECK_FALSE(ports.accepts(content));
  CHECK(protocol.accepts(content));
  content.fragment = 1;  // the first
  CHECK(ports.accepts(content));
}

TEST_CASE("ports lie behind IPv6 extension headers, in any buffer") {
  Rules rules{chain("udp dport 53 accept")};
  for (unsigned headers = 0; headers < 12; ++headers) {
    Content content{.is_ipv6 = true, .options = headers};
    CHECK(rules.accepts(content));
    content.has_fragment_header = true;
    CHECK(rules.accepts(content));
    for (std::size_t first = 54; first < content.frame().size(); ++first) {
      Packets packets{true};
      packets.add(content, InterfaceId{1}, first);
      CHECK(rules.run(packets) == 0);
    }
  }
}

TEST_CASE("a packet whose extension headers are cut off has no protocol") {
  Rules rules{chain("meta l4proto != 99 accept")};
  const Octets octets = Content{.is_ipv6 = true, .options = 2}.frame();
  for (std::size_t size = 54; size <= octets.size(); ++size) {
    Packets packets{true};
    packets.add(Octets{octets.begin(), octets.begin() + static_cast<std::ptrdiff_t>(size)});
    // Two octets of the second header are read.
    CHECK(rules.run(packets) == (size < 64 ? 1 : 0));
  }
}

TEST_CASE("rules of the other family do not match, but what is in front of the match counts") {
  Rules rules{chain("counter ip saddr != 1.2.3.4 accept\nip6 saddr ::/0 counter accept")};
  CHECK(rules.accepts({}));
  CHECK(rules.accepts({.is_ipv6 = true}));
  CHECK(rules.program->counter(0, 0, 0, 0).value_or(Total{}).packets == 2);
  CHECK(rules.program->counter(0, 0, 1, 1).value_or(Total{}).packets == 1);
  CHECK(rules.program->counter(0, 0, 1, 1).value_or(Total{}).bytes == 72);
}

TEST_CASE("interfaces are known by name, and those that nobody has match nothing") {
  CHECK(Rules{chain("iifname eth0 accept")}.accepts({}));
  CHECK_FALSE(Rules{chain("iifname eth1 accept")}.accepts({}));
  CHECK(Rules{chain("oifname \"eth*\" accept")}.accepts({}));
  CHECK_FALSE(Rules{chain("oifname \"lan*\" accept")}.accepts({}));
  CHECK(Rules{chain("iifname != wan accept")}.accepts({}));
  CHECK(Rules{chain("iifname . oifname { eth0 . eth1 } accept")}.accepts({}));
  CHECK_FALSE(Rules{chain("iifname . oifname { eth1 . eth0 } accept")}.accepts({}));
  Rules input{Rules::chain("oifname != eth1 accept", "", "input")};
  CHECK(input.accepts({}, HookPoint::kInput));
}

TEST_CASE("a chain that a jump leads to comes back, and one of a goto does not") {
  const std::string others =
      "chain a { udp dport 53 return; accept; }\nchain b { goto a; accept; }";
  CHECK_FALSE(Rules{chain("jump a", others)}.accepts({}));
  CHECK(Rules{chain("jump a\naccept", others)}.accepts({}));
  CHECK_FALSE(Rules{chain("goto a\naccept", others)}.accepts({}));
  // The goto's chain returns behind the jump that led to the chain of the goto.
  CHECK(Rules{chain("jump b\naccept", others)}.accepts({}));
  CHECK_FALSE(Rules{chain("jump b\ndrop", others)}.accepts({}));
}

TEST_CASE("a chain without rules, and a rule that does nothing, leave packets to the policy") {
  CHECK_FALSE(Rules{chain("")}.accepts({}));
  CHECK_FALSE(Rules{chain("meta nftrace set 1")}.accepts({}));
  CHECK(Rules{chain("jump a\naccept", "chain a { }\n")}.accepts({}));
}

TEST_CASE("more than 16 jumps in a row, and circles, are refused") {
  for (const unsigned jumps : {16U, 17U}) {
    std::string more;
    for (unsigned i = jumps; i > 0; --i) {
      more += "chain c" + std::to_string(i) + " { " +
              (i < jumps ? "jump c" + std::to_string(i + 1) : "accept") + "; }\n";
    }
    const auto ruleset = nft::parse(chain("jump c1", more), "rules");
    if (ruleset) {
      const Clock clock{Clock::Manual{}};
      const auto program = compile(std::make_shared<nft::Ruleset>(*ruleset), {}, 1, clock);
      CHECK(program.has_value() == (jumps == 16));
    }
  }
}

TEST_CASE("a limit lets its burst pass, then one packet a period") {
  Rules rules{chain("limit rate 10/second burst 3 packets accept")};
  Packets packets;
  for (int i = 0; i < 8; ++i) {
    packets.add(Content{});
  }
  CHECK(rules.run(packets) == 0b11111000);
  rules.clock.advance(std::chrono::milliseconds{99});
  CHECK(rules.run(packets) == 0b11111111);
  rules.clock.advance(std::chrono::milliseconds{1});
  CHECK(rules.run(packets) == 0b11111110);
  rules.clock.advance(std::chrono::hours{1});
  CHECK(rules.run(packets) == 0b11111000);
}

TEST_CASE("a written header keeps its checksums right") {
  Rules rules{
      Rules::chain("ip daddr set 192.168.77.1 ip ttl set 7 udp dport set 5353 accept\n"
                   "tcp sport set 1 ip dscp set 46 ip saddr set 1.1.1.1 accept",
                   "", "prerouting")};
  for (const std::uint8_t protocol : {std::uint8_t{IPPROTO_UDP}, std::uint8_t{IPPROTO_TCP}}) {
    for (std::uint16_t port = 0; port < 2000; ++port) {
      Packets packets;
      packets.add(with_checksum({.protocol = protocol, .source_port = port}));
      CHECK(rules.run(packets, HookPoint::kPreRouting) == 0);
      CHECK(rules.verdicts.changed() == 1);
      REQUIRE(has_right_checksums(packets.octets(0)));
    }
  }
}

TEST_CASE("a mark is zero until a rule sets it, and a map can say which") {
  Rules rules{
      chain("meta mark 0 meta mark set udp dport map { 53 : 7, 54 : 8 }\n"
            "meta mark 7 accept")};
  CHECK(rules.accepts({}));
  CHECK_FALSE(rules.accepts({.destination_port = 54}));
  CHECK_FALSE(rules.accepts({.destination_port = 55}));
}

TEST_CASE("large sets of prefixes find each address") {
  std::string four;
  std::string six;
  for (unsigned i = 0; i < 3000; ++i) {
    four += std::to_string(i % 200 + 1) + "." + std::to_string(i / 200) + ".0.0/17, ";
    six += "2001:db8:" + std::to_string(i) + "::/48, ";
  }
  Rules rules{chain("ip saddr @four accept\nip6 saddr @six accept",
                    "set four { type ipv4_addr; flags interval; elements = { " + four + " } }\n" +
                        "set six { type ipv6_addr; flags interval; elements = { " + six + " } }")};
  CHECK(rules.accepts({.source = Ipv4{200, 14, 127, 255}}));
  CHECK_FALSE(rules.accepts({.source = Ipv4{200, 14, 128, 0}}));
  CHECK_FALSE(rules.accepts({.source = Ipv4{201, 14, 0, 0}}));
  CHECK(rules.accepts({.is_ipv6 = true, .source6 = Ipv6{0x2001'0db8'2999'ffff, 5}}));
  CHECK_FALSE(rules.accepts({.is_ipv6 = true, .source6 = Ipv6{0x2001'0db8'3000'0000, 5}}));
}

TEST_CASE("explain reports the steps of a packet and counts nothing") {
  Rules rules{chain("udp dport 53 counter jump a\ndrop", "chain a { meta mark set 3; accept; }")};
  Packets packets;
  packets.add(Content{});
  std::vector<std::string> steps;
  HookVerdicts verdicts;
  rules.program->explain(
      {HookPoint::kForward, nullptr, packets.burst, verdicts, rules.clock, rules.sinks},
      [&](const Step& step, std::uint64_t /*packets*/) { steps.push_back(step.chain->name); });
  CHECK(steps == std::vector<std::string>{"c", "a", "a"});
  CHECK(verdicts.dropped() == 0);
  CHECK(rules.program->counter(0, 1, 0, 1) == Total{});
}

}  // namespace ringroad::filter
