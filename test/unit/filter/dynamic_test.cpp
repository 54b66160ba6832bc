// SPDX-License-Identifier: BSD-3-Clause
// Sets that change: elements that expire, that have statements, and that rules write.
#include "nft/print.hpp"
#include "rules.hpp"

namespace ringroad::filter {
namespace {

using namespace std::chrono_literals;

Content from(std::uint8_t last, std::uint16_t port = 53) {
  return {.source = Ipv4{10, 0, 0, last}, .destination_port = port};
}

// Packets from the addresses 10.0.0.N, in their order.
struct From : Packets {
  From(std::initializer_list<std::uint8_t> sources) {
    for (const std::uint8_t last : sources) {
      add(from(last));
    }
  }
};

std::string elements_of(const Rules& rules, std::size_t set = 0) {
  const nft::Ruleset& ruleset = rules.program->ruleset();
  const std::string text =
      nft::print(ruleset, {.handles = false, .elements = [&](const nft::Set& each) {
                             return &each == &ruleset.tables[0].sets[set]
                                        ? rules.program->elements(each, rules.clock.now())
                                        : std::nullopt;
                           }});
  const auto begin =
      text.find("elements = { ", text.find(" " + ruleset.tables[0].sets[set].name + " {"));
  return begin == std::string::npos ? ""
                                    : text.substr(begin + 13, text.find(" }", begin) - begin - 13);
}

}  // namespace

TEST_CASE("elements expire after their timeout, or what is left of it") {
  Rules rules{Rules::chain("ip saddr @s accept",
                           "set s { type ipv4_addr; flags timeout; timeout 10s\nelements = { "
                           "10.0.0.1, 10.0.0.2 timeout 5s, 10.0.0.3 timeout 1h expires 7s }\n}")};
  From packets{1, 2, 3, 4};
  CHECK(rules.run(packets) == 0b1000);
  rules.clock.advance(5s - 1ns);
  CHECK(rules.run(packets) == 0b1000);
  rules.clock.advance(1ns);
  CHECK(rules.run(packets) == 0b1010);
  CHECK(elements_of(rules) == "10.0.0.1 expires 5s, 10.0.0.3 timeout 1h expires 2s");
  rules.clock.advance(2s);
  CHECK(rules.run(packets) == 0b1110);
  rules.clock.advance(3s);
  CHECK(rules.run(packets) == 0b1111);
  CHECK(elements_of(rules).empty());
}

TEST_CASE("ranges and the data of maps expire too, and leave what is for everything else") {
  Rules rules{Rules::chain(
      "ip saddr vmap @v",
      "map v { type ipv4_addr : verdict; flags interval,timeout\nelements = { "
      "10.0.0.0-10.0.0.2 timeout 5s : accept, 10.0.0.7 : accept, * timeout 9s : accept }\n}")};
  Rules concatenated{
      Rules::chain("ip saddr . udp dport @s accept",
                   "set s { type ipv4_addr . inet_service; flags interval,timeout\nelements = { "
                   "10.0.0.0/30 . 50-60 timeout 5s, 10.0.0.7 . 53 }\n}")};
  From packets{1, 7, 9};
  CHECK(rules.run(packets) == 0);
  CHECK(concatenated.run(packets) == 0b100);
  rules.clock.advance(5s);
  concatenated.clock.advance(5s);
  CHECK(rules.run(packets) == 0);
  CHECK(concatenated.run(packets) == 0b101);
  rules.clock.advance(4s);
  CHECK(rules.run(packets) == 0b101);
}

TEST_CASE("the element for everything else: `!=` never matches, as with Linux") {
  From packets{1, 2};
  CHECK(Rules{Rules::chain("ip saddr { 10.0.0.1, * } accept")}.run(packets) == 0);
  CHECK(Rules{Rules::chain("ip saddr { * } accept")}.run(packets) == 0);
  CHECK(Rules{Rules::chain("ip saddr != { 10.0.0.1, * } accept")}.run(packets) == 0b11);
  CHECK(Rules{Rules::chain("ip saddr vmap { 10.0.0.1 : drop, * : accept }")}.run(packets) == 1);
  Rules map{Rules::chain("meta mark set ip saddr map { 10.0.0.1 : 5, * : 7 }\nmeta mark 7 accept")};
  CHECK(map.run(packets) == 1);
  // A packet without the field has no key.
  Packets other{true};
  other.add(Content{.is_ipv6 = true});
  CHECK(Rules{Rules::chain("ip saddr { * } accept")}.run(other) == 1);
}

TEST_CASE("statements of elements are evaluated for the packets that find them") {
  Rules rules{Rules::chain(
      "ip saddr @s accept",
      "set s { type ipv4_addr; limit rate 1/second burst 2 packets counter\nelements = { "
      "10.0.0.1, 10.0.0.2 limit rate 1/second burst 1 packets counter packets 5 bytes 6, * }\n}")};
  From packets{1, 2, 1, 2, 1, 3, 4, 5};
  // 10.0.0.1 has two, 10.0.0.2 one, and all others together two.
  CHECK(rules.run(packets) == 0b10011000);
  CHECK(elements_of(rules) ==
        "10.0.0.1 limit rate 1/second burst 2 packets counter packets 2 bytes 104, "
        "10.0.0.2 limit rate 1/second burst 1 packets counter packets 6 bytes 58,\n\t\t\t     "
        "* limit rate 1/second burst 2 packets counter packets 2 bytes 104");
  rules.clock.advance(1s);
  CHECK(rules.run(packets) == 0b11011100);
}

TEST_CASE("`!=` does not evaluate the statements of an element") {
  Rules rules{Rules::chain("ip saddr != @s accept",
                           "set s { type ipv4_addr; counter\nelements = { 10.0.0.1 }\n}")};
  From packets{1, 2};
  CHECK(rules.run(packets) == 0b01);
  CHECK(elements_of(rules) == "10.0.0.1 counter packets 0 bytes 0");
}

TEST_CASE("a quota of an element is its own") {
  Rules rules{Rules::chain("ip saddr @s accept",
                           "set s { type ipv4_addr; quota over 100 bytes\nelements = { 10.0.0.1, "
                           "10.0.0.2 }\n}")};
  From packets{1, 2, 1, 2};
  CHECK(rules.run(packets) == 0b0011);
  CHECK(elements_of(rules) ==
        "10.0.0.1 quota over 100 bytes used 104 bytes, 10.0.0.2 quota over 100 bytes used 104 "
        "bytes");
}

TEST_CASE("a rule adds elements, which the next packet finds") {
  Rules rules{Rules::chain("ip saddr @s accept\nudp dport 53 add @s { ip saddr timeout 5s }",
                           "set s { type ipv4_addr; flags dynamic,timeout; }")};
  From packets{1, 1, 2, 1, 2};
  CHECK(rules.run(packets) == 0b00101);
  CHECK(elements_of(rules) == "10.0.0.1 timeout 5s expires 5s, 10.0.0.2 timeout 5s expires 5s");
  // `add` does not begin the time again.
  rules.clock.advance(5s);
  CHECK(rules.run(packets) == 0b00101);
}

TEST_CASE("`update` begins the time again, `delete` ends it") {
  Rules rules{
      Rules::chain("udp dport 53 update @s { ip saddr }\nudp dport 54 delete @s { ip saddr }\n"
                   "ip saddr @s accept",
                   "set s { type ipv4_addr; flags timeout; timeout 5s; }")};
  From packets{1};
  Packets others;
  others.add(from(1, 55));
  for (int i = 0; i < 3; ++i) {
    CHECK(rules.run(packets) == 0);
    rules.clock.advance(4s);
    CHECK(rules.run(others) == 0);
  }
  rules.clock.advance(1s);
  CHECK(rules.run(others) == 1);
  CHECK(rules.run(packets) == 0);
  Packets deleting;
  deleting.add(from(1, 54));
  CHECK(rules.run(deleting) == 1);
  CHECK(elements_of(rules).empty());
  CHECK(rules.run(packets) == 0);
}

TEST_CASE("an update without a timeout ends an element that has one, as with Linux") {
  Rules rules{Rules::chain("update @s { ip saddr } accept",
                           "set s { type ipv4_addr; flags timeout\nelements = { 10.0.0.1 timeout "
                           "1h }\n}")};
  From packets{1};
  CHECK(rules.run(packets) == 0);
  CHECK(elements_of(rules).empty());
  CHECK(rules.run(packets) == 0);
  CHECK(elements_of(rules) == "10.0.0.1");
}

TEST_CASE("in a full set nothing is added, until an element expires") {
  Rules rules{Rules::chain("add @s { ip saddr } accept",
                           "set s { type ipv4_addr; size 2; flags timeout; timeout 5s; }")};
  From packets{1, 2, 3, 1};
  CHECK(rules.run(packets) == 0b0100);
  rules.clock.advance(4s);
  CHECK(rules.run(packets) == 0b0100);
  rules.clock.advance(1s);
  From others{3, 4, 1};
  CHECK(rules.run(others) == 0b100);
}

TEST_CASE("a meter has a limit for each key") {
  Rules rules{Rules::chain(
      "meter m { ip saddr . udp dport limit rate over 1/second burst 2 packets } drop\naccept")};
  From packets{1, 1, 2, 1, 2, 2, 3};
  CHECK(rules.run(packets) == 0b0101000);
  rules.clock.advance(1s);
  CHECK(rules.run(packets) == 0b0111010);
}

TEST_CASE("the statements of an element are those of the rule that added it") {
  Rules rules{
      Rules::chain("udp dport 53 add @s { ip saddr counter } accept\n"
                   "add @s { ip saddr limit rate 1/hour burst 1 packets } accept",
                   "set s { type ipv4_addr; flags dynamic; }")};
  Packets packets;
  packets.add(from(1, 53));
  packets.add(from(1, 54));
  packets.add(from(2, 54));
  packets.add(from(2, 53));
  CHECK(rules.run(packets) == 0b1000);
  CHECK(elements_of(rules) ==
        "10.0.0.1 counter packets 2 bytes 104, 10.0.0.2 limit rate 1/hour burst 1 packets");
}

TEST_CASE("a rule adds to a map what another one reads") {
  Rules rules{Rules::chain(
      "udp dport 53 add @m { ip saddr : meta mark }\nudp dport 54 meta mark set ip saddr map @m\n"
      "meta mark { 5, 9 } accept",
      "map m { type ipv4_addr : mark; flags dynamic\nelements = { 10.0.0.2 : 9 }\n}")};
  Packets packets;
  Content first = from(1);
  first.mark = 5;
  packets.add(first);
  packets.add(from(1, 54));
  packets.add(from(2, 54));
  packets.add(from(3, 54));
  CHECK(rules.run(packets) == 0b1000);
  CHECK(elements_of(rules) == "10.0.0.1 : 0x00000005, 10.0.0.2 : 0x00000009");
}

TEST_CASE("keys of several fields and of both families, and constants as data") {
  Rules rules{
      Rules::chain("add @s { iifname . ip6 saddr . udp dport } accept\n"
                   "add @n { ip saddr : 1.2.3.4 . 80 } accept",
                   "set s { type ifname . ipv6_addr . inet_service; flags dynamic\nelements = { "
                   "\"eth9\" . ::1 . "
                   "7 }\n}\nmap n { type ipv4_addr : ipv4_addr . inet_service; flags dynamic; }")};
  CHECK(rules.accepts({.is_ipv6 = true}));
  CHECK(rules.accepts({}));
  CHECK(elements_of(rules) == "\"eth9\" . ::1 . 7,\n\t\t\t     \"eth0\" . 2001:db8::1 . 53");
  CHECK(elements_of(rules, 1) == "10.0.0.1 : 1.2.3.4 . 80");
}

TEST_CASE("a packet without the fields of the key adds nothing") {
  Rules rules{Rules::chain("add @s { udp dport } accept\nct state new drop",
                           "set s { type inet_service; flags dynamic; }")};
  CHECK_FALSE(rules.accepts({.protocol = IPPROTO_UDP, .fragment = 100}));
  CHECK(elements_of(rules).empty());
}

TEST_CASE("explaining adds nothing and counts nothing") {
  Rules rules{Rules::chain("add @s { ip saddr limit rate 1/hour burst 1 packets } accept",
                           "set s { type ipv4_addr; flags dynamic; size 1; }")};
  const auto accepts = [&](std::uint8_t last) {
    From packets{last};
    HookVerdicts verdicts;
    rules.program->explain(
        {HookPoint::kForward, nullptr, packets.burst, verdicts, rules.clock, rules.sinks},
        [](const Step& /*step*/, std::uint64_t /*packets*/) {});
    return verdicts.dropped() == 0;
  };
  CHECK(accepts(1));
  CHECK(accepts(1));
  CHECK(elements_of(rules).empty());
  From packets{1};
  CHECK(rules.run(packets) == 0);
  CHECK_FALSE(accepts(1));
  CHECK_FALSE(accepts(2));
}

TEST_CASE("elements expire in sets that no rule uses") {
  Rules rules{
      "table ip t {\nset s { type ipv4_addr; flags timeout\nelements = { 10.0.0.1 timeout "
      "5s, 10.0.0.2 }\n}\n}\n"};
  CHECK(elements_of(rules) == "10.0.0.1 timeout 5s expires 5s, 10.0.0.2");
  rules.clock.advance(5s);
  CHECK(elements_of(rules) == "10.0.0.2");
}

TEST_CASE("who tries too often is blocked, with all that he sends") {
  // As in docs/firewall.md.
  Rules rules{
      "table inet filter {\n"
      "set blocked { type ipv4_addr; flags dynamic,timeout; timeout 10m; size 10000; }\n"
      "chain input {\ntype filter hook forward priority filter\nip saddr @blocked drop\n"
      "udp dport 22 meter ssh { ip saddr limit rate over 5/minute } add @blocked { ip saddr }\n"
      "}\n}\n"};
  Packets packets;
  for (int i = 0; i < 8; ++i) {
    packets.add(from(1, 22));
  }
  packets.add(from(1, 80));
  packets.add(from(2, 22));
  // The sixth is the last that passes.
  CHECK(rules.run(packets) == 0b01'1100'0000);
  rules.clock.advance(10min);
  CHECK(rules.run(packets) == 0b01'1100'0000);
}

TEST_CASE("a set of more elements than there is memory for is refused") {
  const Clock clock{Clock::Manual{}};
  const auto program =
      compile(parse(Rules::chain("add @s { ip saddr }",
                                 "set s { type ipv4_addr; size 16777217; flags dynamic; }")),
              {}, 1, clock);
  REQUIRE_FALSE(program);
  CHECK(program.error().what == "rules:2: table t, set s: a size above 16777216");
}

}  // namespace ringroad::filter
