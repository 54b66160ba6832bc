// SPDX-License-Identifier: BSD-3-Clause
// What `explain`, a trace and `show drops` say of the rules that a packet met.
#include <catch2/catch.hpp>

#include "asking.hpp"
#include "explaining.hpp"
#include "ip6_frames.hpp"
#include "ruled.hpp"

using namespace ringroad;
using namespace ringroad::test;
using nlohmann::json;

namespace {

json udp_to(const char* destination, unsigned port) {
  return {{"source", "192.168.1.2"},
          {"destination", destination},
          {"proto", "udp"},
          {"sport", 1000U},
          {"dport", port}};
}

Ipv4Fields udp(Ipv4Fields fields, std::uint16_t source, std::uint16_t destination) {
  fields.payload = std::vector<std::uint8_t>(26, 0);
  fields.payload[0] = static_cast<std::uint8_t>(source >> 8U);
  fields.payload[1] = static_cast<std::uint8_t>(source);
  fields.payload[2] = static_cast<std::uint8_t>(destination >> 8U);
  fields.payload[3] = static_cast<std::uint8_t>(destination);
  fields.payload[5] = 26;
  return fields;
}

json trace_of(Testbed& bed, const Frame& frame, PortId port = kPortA) {
  const auto serial = bed.router->taps().open({.packets = 1});
  REQUIRE(serial);
  while (!bed.router->taps().in_force()) {
    bed.run();
  }
  bed.receive(port, frame);
  bed.run();
  bed.advance(100ms);
  const auto answer = control::carry_out(
      *bed.router, {{"verb", {"trace"}}, {"options", {{"trace", *serial}, {"stop", true}}}});
  REQUIRE(answer);
  REQUIRE(answer->at("packets").size() == 1);
  return answer->at("packets").at(0);
}

// The packets that the first rule of the chain counted.
std::uint64_t counted(Testbed& bed, const std::string& chain) {
  const auto answer = ask(bed, {"show", "firewall"}, {{"chain", chain}});
  return answer.at("ok").at("tables").at(0).at("chains").at(0).at("rules").at(0).at("packets");
}

const std::string kChains =
    "table inet filter {\n"
    "  chain web { tcp dport 80 accept\n return }\n"
    "  chain forward { type filter hook forward priority 0; policy drop;\n"
    "    counter comment \"all\"\n"
    "    meta l4proto tcp jump web\n"
    "    udp dport 53 accept\n"
    "    udp dport vmap { 54 : drop, 55 : accept }\n"
    "    udp dport 56 reject }\n"
    "}\n";

const std::string kNat =
    "table ip nat {\n"
    "  chain pre { type nat hook prerouting priority dstnat;\n"
    "    iifname \"a\" udp dport 5353 dnat to 192.168.2.2:53 }\n"
    "  chain post { type nat hook postrouting priority srcnat;\n"
    "    oifname \"b\" masquerade }\n"
    "}\n";

}  // namespace

TEST_CASE("explain walks the rules, and counts nothing") {
  Testbed bed{with_rules(kChains)};
  bed.resolve_hosts();
  json answer = explain(bed, udp_to("192.168.2.2", 53));
  INFO(answer.dump(1));
  CHECK(answer.at("verdict") == "forward");
  CHECK(says(answer).contains("firewall: FORWARD: inet filter forward, handle "));
  CHECK(says(answer).contains(": `udp dport 53 accept`: accept\n"));
  CHECK_FALSE(says(answer).contains("vmap"));
  answer = explain(bed, udp_to("192.168.2.2", 54));
  CHECK(answer.at("verdict") == "drop");
  CHECK(answer.at("reason") == "firewall");
  CHECK(says(answer).contains(": `udp dport vmap { 54 : drop, 55 : accept }`: drop\n"));
  answer = explain(bed, udp_to("192.168.2.2", 57));
  CHECK(answer.at("verdict") == "drop");
  CHECK(says(answer).contains("FORWARD: inet filter forward: policy drop\n"));
  answer = explain(bed, {{"source", "192.168.1.2"},
                         {"destination", "192.168.2.2"},
                         {"proto", "tcp"},
                         {"dport", 81U}});
  CHECK(says(answer).contains(": `meta l4proto tcp jump web`: jump web\n"));
  CHECK(says(answer).contains("inet filter web, handle "));
  CHECK(says(answer).contains(": `return`: return\n"));
  CHECK(answer.at("verdict") == "drop");
  CHECK(counted(bed, "forward") == 0);
}

TEST_CASE("explain says what a packet that is rejected is answered") {
  Testbed bed{with_rules(kChains)};
  bed.resolve_hosts();
  const json answer = explain(bed, udp_to("192.168.2.2", 56));
  INFO(answer.dump(1));
  CHECK(answer.at("verdict") == "drop");
  CHECK(says(answer).contains(": `udp dport 56 reject`: reject\n"));
  REQUIRE(answer.at("icmp").is_object());
  CHECK(answer.at("icmp").at("sent") == true);
  CHECK(answer.at("icmp").at("type") == 3);
  CHECK(answer.at("icmp").at("code") == 3);
}

TEST_CASE("explain follows a translation, and no connection comes of it") {
  Testbed bed{with_rules(kNat, GENERATE(1U, 3U))};
  bed.resolve_hosts();
  json answer = explain(bed, udp_to("203.0.113.1", 5353));
  INFO(answer.dump(1));
  CHECK(answer.at("verdict") == "forward");
  CHECK(answer.at("egress").at("port") == "b");
  CHECK(says(answer).contains("PRE_ROUTING: connection tracking: new, original direction\n"));
  CHECK(says(answer).contains("PRE_ROUTING: translated: the destination is 192.168.2.2 port 53\n"));
  CHECK(says(answer).contains("192.168.2.2 matches 192.168.2.0/24"));
  CHECK(says(answer).contains("POST_ROUTING: translated: the source is 192.168.2.1 port 1000\n"));
  CHECK(bed.router->firewall().tracking().count == 0);
  // Once there is one, it is found, and its ports are taken.
  bed.receive(kPortA, make_ipv4(udp(bed.from_a_to_b(), 1000, 53)));
  bed.run();
  REQUIRE(bed.sent(kPortB).size() == 1);
  REQUIRE(bed.router->firewall().tracking().count == 1);
  answer = explain(bed, udp_to("192.168.2.2", 53));
  CHECK(says(answer).contains("connection tracking: new, original direction"));
  answer = explain(bed, {{"from", "b"},
                         {"source", "192.168.2.2"},
                         {"destination", "192.168.2.1"},
                         {"proto", "udp"},
                         {"sport", 53U},
                         {"dport", 1000U}});
  CHECK(answer.at("verdict") == "forward");
  CHECK(answer.at("egress").at("port") == "a");
  CHECK(says(answer).contains("connection tracking: established, reply direction"));
  CHECK(says(answer).contains("translated: the destination is 192.168.1.2 port 1000\n"));
  CHECK(bed.router->firewall().tracking().count == 1);
  json other = udp_to("192.168.2.2", 53);
  other["source"] = "192.168.1.3";
  CHECK_FALSE(says(explain(bed, other)).contains("the source is 192.168.2.1 port 1000\n"));
}

TEST_CASE("a trace shows each rule, and that a known connection passes without") {
  Testbed bed{with_rules(
      "table ip t { chain c { type filter hook forward priority 0; policy drop;\n"
      "ct state invalid drop\nudp dport 53 counter accept\nct state established accept } }\n" +
      kNat)};
  bed.resolve_hosts();
  const Frame query = make_ipv4(udp(bed.from_a_to_b(), 1000, 53));
  json packet = trace_of(bed, query);
  INFO(packet.dump(1));
  CHECK(packet.at("verdict") == "forward");
  CHECK(says(packet).contains("firewall: PRE_ROUTING: connection tracking: new"));
  CHECK(says(packet).contains("firewall: FORWARD: ip t c, handle "));
  CHECK(says(packet).contains("`udp dport 53 counter"));
  CHECK(says(packet).contains("`oifname \"b\" masquerade`: decides about the translation\n"));
  CHECK(says(packet).contains("POST_ROUTING: translated: the source is 192.168.2.1 port 1000\n"));
  Ipv4Fields back = udp(bed.from_b_to_a(), 53, 1000);
  back.destination = kRouterB;
  const Frame answer = make_ipv4(back);
  packet = trace_of(bed, answer, kPortB);
  CHECK(says(packet).contains("translated: the destination is 192.168.1.2 port 1000\n"));
  CHECK(says(packet).contains("192.168.1.2 matches 192.168.1.0/24"));
  for (int i = 0; i < 4; ++i) {
    bed.receive(kPortA, query);
    bed.run();
    bed.receive(kPortB, answer);
    bed.run();
  }
  packet = trace_of(bed, query);
  CHECK(says(packet).contains("FORWARD: passes as other packets of its connection"));
  CHECK(says(packet).contains("POST_ROUTING: translated: the source is 192.168.2.1 port 1000\n"));
  CHECK_FALSE(says(packet).contains("udp dport 53"));
  const json dropped = trace_of(bed, make_ipv4(udp(bed.from_a_to_b(), 1000, 54)));
  CHECK(dropped.at("verdict") == "drop");
  CHECK(says(dropped).contains("FORWARD: ip t c: policy drop\n"));
}

TEST_CASE("show drops names the rules") {
  Testbed bed{with_rules(kChains)};
  bed.resolve_hosts();
  for (const unsigned port : {53U, 54U, 54U, 54U, 55U, 56U, 57U, 57U}) {
    bed.receive(kPortA, make_ipv4(udp(bed.from_a_to_b(), 1000, static_cast<std::uint16_t>(port))));
  }
  bed.run();
  const json answer = ask(bed, {"show", "drops"}, {}).at("ok");
  INFO(answer.dump(1));
  const auto row = std::ranges::find_if(
      answer, [](const json& drop) { return drop.at("reason") == "firewall"; });
  REQUIRE(row != answer.end());
  const json& rules = row->at("rules");
  REQUIRE(rules.size() == 3);
  CHECK(rules.at(0).at("packets") == 3);
  CHECK(rules.at(0).at("rule") == "udp dport vmap { 54 : drop, 55 : accept }");
  CHECK(rules.at(0).at("handle").is_number());
  CHECK(rules.at(1).at("packets") == 2);
  CHECK(rules.at(1).at("rule") == "policy drop");
  CHECK(rules.at(1).at("handle").is_null());
  CHECK(rules.at(2).at("packets") == 1);
  CHECK(rules.at(2).at("rule") == "udp dport 56 reject");
}
