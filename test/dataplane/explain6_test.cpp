// SPDX-License-Identifier: BSD-3-Clause
// What `explain` and a trace say of single IPv6 packets.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "control/trace_steps.hpp"
#include "explaining.hpp"
#include "ip6_frames.hpp"
#include "neigh/nd_message.hpp"
#include "tap/taps.hpp"

// g++ 12 wrongly reports that a string overlaps with one that is moved (its bug 105651).
#pragma GCC diagnostic ignored "-Wrestrict"

namespace ringroad::test {
namespace {

using nlohmann::json;

constexpr const char* kA = "2001:db8:1::2";
constexpr const char* kB = "2001:db8:2::2";
const Ipv6 kUnknownGateway{0x2001'0db8'0001'0000, 9};

config::Config config6() {
  config::Config config = Testbed::basic_config();
  config.nd.dad_transmits = 0;
  config.ports[0].addresses6 = {{.address = kRouterA6, .length = 64}};
  config.ports[1].addresses6 = {{.address = kRouterB6, .length = 64}};
  config.ports[1].mtu = 1400;
  const auto to = [](std::uint64_t subnet) {
    return Prefix6{Ipv6{0x2001'0db8'0000'0000 | subnet << 16U, 0}, 48};
  };
  config.routes6 = {{.to = to(0x30), .next_hops = {{.via = kHostB6}}},
                    {.to = to(0x34), .type = RouteType::kProhibit, .next_hops = {}},
                    {.to = to(0x36), .next_hops = {{.via = kUnknownGateway}}}};
  return config;
}

Frame with_header(Testbed& bed, std::uint8_t header, std::vector<std::uint8_t> payload,
                  Ipv6 destination) {
  return make_ipv6({.destination_mac = bed.mac(kPortA),
                    .destination = destination,
                    .next_header = header,
                    .payload = std::move(payload)});
}

}  // namespace

TEST_CASE("explain tells a forwarded IPv6 packet's way step by step") {
  Testbed bed{{.config = config6()}};
  resolve_hosts6(bed);
  const json answer = explain(bed, {{"source", kA},
                                    {"destination", "2001:db8:30::3"},
                                    {"proto", "udp"},
                                    {"tos", 0xb8U},
                                    {"flow_label", 0x12345U},
                                    {"length", 100U}});
  INFO(answer.dump(1));
  CHECK(answer.at("verdict") == "forward");
  CHECK(answer.at("icmp").is_null());
  const json& egress = answer.at("egress");
  CHECK(egress.at("port") == "b");
  CHECK(egress.at("via") == kB);
  CHECK(egress.at("mac") == kMacB.to_string());
  CHECK(egress.at("bytes") == 114);
  CHECK(egress.at("waits") == false);
  const std::string text = says(answer);
  CHECK(
      text.contains("IPv6 header valid, 100 bytes, from 2001:db8:1::2 to 2001:db8:30::3, hop "
                    "limit 64, traffic class 0xb8, flow label 0x12345, UDP; no hooks"));
  CHECK(text.contains("2001:db8:30::3 matches 2001:db8:30::/48 (static, table main"));
  CHECK(text.contains("next hop 2001:db8:2::2 on b"));
  CHECK(text.contains("100 bytes fit the MTU of b, 1400"));
  CHECK(text.contains(" at 02:00:00:00:00:0b"));
  CHECK(text.contains("hop limit is 63 now"));
  CHECK(text.contains("of traffic class 0xb8: band"));
}

TEST_CASE("explain says what an IPv6 packet waits for, and who is asked") {
  Testbed bed{{.config = config6()}};
  json answer = explain(bed, {{"source", kA}, {"destination", "2001:db8:2::7"}});
  INFO(answer.dump(1));
  CHECK(answer.at("verdict") == "forward");
  CHECK(answer.at("egress").at("waits") == true);
  CHECK(answer.at("egress").at("via") == "2001:db8:2::7");
  const std::string text = says(answer);
  CHECK(text.contains("2001:db8:2::7 on b is not known yet"));
  CHECK(
      text.contains("would wait until 2001:db8:2::7 answers neighbor solicitations on b, 0 others "
                    "wait; address unreachable if it does not answer within 3 s"));
  CHECK(text.contains(" to ff02::1:ff00:7"));
  CHECK(bed.router->neighbors6().table().size() == 0);
  // Once it was asked for, the next packet causes no further solicitation.
  bed.receive(kPortA, make_ipv6({.destination_mac = bed.mac(kPortA),
                                 .destination = Ipv6{0x2001'0db8'0002'0000, 7}}));
  bed.run();
  const auto asked = bed.sent(kPortB);
  REQUIRE(asked.size() == 1);
  const Ipv6 source = Ipv6::read(&asked[0].at(kIp + 8));
  CHECK(text.contains("a neighbor solicitation from " + source.to_string() + " to"));
  answer = explain(bed, {{"source", kA}, {"destination", "2001:db8:2::7"}});
  CHECK(says(answer).contains("1 others wait"));
  CHECK_FALSE(says(answer).contains("ff02::1:ff00:7"));
}

TEST_CASE("explain agrees with what becomes of each kind of IPv6 packet") {
  Testbed bed{{.config = config6()}};
  resolve_hosts6(bed);
  struct Row {
    const char* what;
    Frame frame;
    std::string verdict;
    std::string reason;  // empty: none
    int type;            // of the ICMPv6 message that goes out; -1: none
    int code;
    std::string text;  // among the steps
  };
  const auto plain = [&](Ipv6 destination, std::uint8_t hop_limit, std::size_t payload) {
    return make_ipv6({.destination_mac = bed.mac(kPortA),
                      .destination = destination,
                      .hop_limit = hop_limit,
                      .payload = std::vector<std::uint8_t>(payload)});
  };
  const auto echo = [&](Ipv6 destination, Ipv6 source = kHostA6) {
    Ipv6Fields fields{.destination_mac = bed.mac(kPortA),
                      .source = source,
                      .destination = destination,
                      .next_header = 58,
                      .payload = std::vector<std::uint8_t>(64)};
    fields.payload[0] = 128;
    mend_icmp6_checksum(fields);
    return make_ipv6(fields);
  };
  const Ipv6 far{0x2001'0db8'0030'0000, 1};
  const Ipv6 link_local = interface::link_local_of(bed.mac(kPortA)).address;
  const Mac other{{0x02, 0, 0, 0, 0, 0x0c}};
  bed.receive(kPortA, solicitation_from({0xfe80'0000'0000'0000, 5}, other, kRouterA6));
  bed.run();
  bed.discard(kPortA);
  const std::vector<Row> rows{
      {"forwarded", plain(far, 64, 26), "forward", "", -1, 0, "hop limit is 63 now"},
      {"hop limit", plain(far, 1, 26), "drop", "ttl_exceeded", 3, 0, "hop limit 1 runs out here"},
      {"too big", plain(far, 64, 1400), "drop", "packet_too_big", 2, 0, "packet too big"},
      {"no route", plain({0x2001'0db8'0077'0000, 1}, 64, 26), "drop", "no_route", 1, 0,
       "2001:db8:77::1 matches no route"},
      {"prohibited", plain({0x2001'0db8'0034'0000, 1}, 64, 26), "drop", "prohibited", 1, 1,
       "administratively prohibited"},
      {"redirected", plain({0x2001'0db8'0001'0000, 2}, 64, 26), "forward", "", 137, 0, "redirect"},
      {"echo", echo(kRouterA6), "deliver", "", 129, 0, "echo reply"},
      {"echo to a link-local address", echo(link_local, {0xfe80'0000'0000'0000, 5}), "deliver", "",
       129, 0, "this is an address of a"},
      {"a group that nobody joined", plain({0xff02'0000'0000'0000, 0x77}, 64, 26), "drop",
       "multicast", -1, 0, "a has not joined this group"},
      {"loopback", plain({0, 1}, 64, 26), "drop", "martian_destination", -1, 0, ""},
      {"a bad option", with_header(bed, 0, {17, 0, 0x80, 4, 0, 0, 0, 0}, far), "drop",
       "ip6_bad_header", 4, 2, "hop-by-hop options"},
      {"good options", with_header(bed, 0, {59, 0, 1, 4, 0, 0, 0, 0}, far), "forward", "", -1, 0,
       "hop-by-hop options, no next header"},
      {"an unknown protocol", with_header(bed, 254, {0, 0, 0, 0}, kRouterA6), "drop",
       "unknown_protocol", 4, 1, "octet 6"},
      {"a fragment for the router",
       with_header(bed, 44, {17, 0, 0, 1, 0, 0, 0, 9, 1, 2, 3, 4, 5, 6, 7, 8}, kRouterA6),
       "deliver", "", -1, 0, "fragment at 0, UDP"},
      {"a neighbor solicitation", solicitation_from(kHostA6, kMacA, kRouterA6), "deliver", "", 136,
       0, "the router learns that 2001:db8:1::2 is at 02:00:00:00:00:0a"},
      {"a solicitation for another",
       solicitation_from(kHostA6, kMacA, {0x2001'0db8'0001'0000, 0x8000'0001}), "drop",
       "nd_ignored", -1, 0, "neighbor solicitation (type 135, code 0) at a"},
      {"a router solicitation",
       neigh::frame(neigh::RouterSolicitation{.source = kHostA6, .source_mac = other},
                    neigh::multicast_mac(kAllRouters), other),
       "deliver", "", -1, 0, "a sends no router advertisements"},
      {"a router advertisement",
       neigh::frame(
           neigh::RouterAdvertisement{.source = {0xfe80'0000'0000'0000, 5}, .source_mac = other},
           neigh::multicast_mac(kAllNodes), other),
       "deliver", "", -1, 0, "a does not accept router advertisements"},
  };
  for (const Row& row : rows) {
    resolve_hosts6(bed);
    const json said = explain_frame(bed, row.frame);
    INFO(row.what << "\n" << said.dump(1));
    CHECK(said.at("verdict") == row.verdict);
    CHECK(said.at("reason") == (row.reason.empty() ? json() : json(row.reason)));
    CHECK(says(said).contains(row.text));
    if (row.type < 0) {
      CHECK((said.at("icmp").is_null() || said.at("icmp").at("sent") == false));
    } else {
      REQUIRE(said.at("icmp").is_object());
      CHECK(said.at("icmp").at("type") == row.type);
      CHECK(said.at("icmp").at("code") == row.code);
      CHECK(said.at("icmp").at("sent") == true);
    }
    // What it does then.
    const std::uint64_t drops = bed.all_drops();
    bed.receive(kPortA, row.frame);
    bed.run();
    CHECK((bed.all_drops() > drops) == !row.reason.empty());
    std::size_t errors = 0;
    for (const Frame& frame : bed.sent(kPortA)) {
      errors += frame.at(kIp + 6) == 58 && frame.at(kIp + 40) == row.type ? 1U : 0U;
    }
    CHECK(errors == (row.type < 0 ? 0 : 1));
    CHECK(bed.discard(kPortB) == (row.verdict == "forward" && row.type < 0 ? 1 : 0));
    bed.advance(1s);
    bed.discard(kPortA);
    bed.discard(kPortB);
  }
}

TEST_CASE("explain says what an ICMPv6 error tells, and why none is sent") {
  auto config = config6();
  config.icmp.per_destination = 1h;
  Testbed bed{{.config = config}};
  resolve_hosts6(bed);
  json icmp = explain(bed, {{"source", kA}, {"destination", kB}, {"length", 1500U}}).at("icmp");
  CHECK(icmp.at("mtu") == 1400);
  CHECK(icmp.at("from") == kRouterA6.to_string());
  CHECK(icmp.at("to") == kA);
  CHECK(icmp.at("port") == "a");
  icmp = explain_frame(bed, with_header(bed, 0, {17, 0, 0x80, 4, 0, 0, 0, 0}, kHostB6)).at("icmp");
  CHECK(icmp.at("pointer") == 42);
  const json lost{{"source", kA}, {"destination", "2001:db8:77::1"}};
  for (int i = 0; i < 6; ++i) {
    CHECK(explain(bed, lost).at("icmp").at("sent") == true);
    bed.receive(kPortA, make_ipv6({.destination_mac = bed.mac(kPortA),
                                   .destination = Ipv6{0x2001'0db8'0077'0000, 1}}));
    bed.run();
  }
  icmp = explain(bed, lost).at("icmp");
  CHECK(icmp.at("sent") == false);
  CHECK(icmp.at("why").get<std::string>().contains("icmp.per_destination"));
  // Path MTU discovery must not stall.
  icmp = explain(bed, {{"source", kA}, {"destination", kB}, {"length", 1500U}}).at("icmp");
  CHECK(icmp.at("sent") == true);
  bed.discard(kPortA);
}

TEST_CASE("explain refuses words that IPv6 has no meaning for") {
  Testbed bed{{.config = config6()}};
  CHECK(refusal(bed, {{"source", "192.168.1.2"}, {"destination", kB}}) ==
        "'192.168.1.2' is not an IPv6 address");
  CHECK(refusal(bed, {{"source", kA}, {"destination", kB}, {"df", true}}).contains("IPv4's"));
  CHECK(refusal(bed, {{"source", kA}, {"destination", kB}, {"length", 47U}})
            .contains("48 bytes or more"));
  CHECK(
      refusal(bed, {{"source", "192.168.1.2"}, {"destination", "192.168.2.2"}, {"flow_label", 1U}})
          .contains("IPv6's"));
}

TEST_CASE("a trace of an IPv6 packet says what is in its headers") {
  Testbed bed{{.config = config6()}};
  resolve_hosts6(bed);
  const auto serial = bed.router->taps().open({.packets = 3});
  REQUIRE(serial);
  while (!bed.router->taps().in_force()) {
    bed.run();
  }
  bed.receive(kPortA, make_ipv6({.destination_mac = bed.mac(kPortA), .traffic_class = 0x20}));
  bed.receive(kPortA, make_ipv6({.destination_mac = bed.mac(kPortA), .hop_limit = 1}));
  bed.receive(kPortA, make_ipv6({.destination_mac = bed.mac(kPortA),
                                 .destination = Ipv6{0x2001'0db8'0002'0000, 7}}));
  bed.run();
  bed.receive(kPortB,
              advertisement_from({0x2001'0db8'0002'0000, 7}, kMacB, kRouterB6, bed.mac(kPortB)));
  bed.run();
  bed.advance(100ms);
  const auto answer = control::carry_out(
      *bed.router, {{"verb", {"trace"}}, {"options", {{"trace", *serial}, {"stop", true}}}});
  REQUIRE(answer);
  REQUIRE(answer->at("packets").size() == 3);
  // In the order in which they ended.
  const auto packet = [&](const char* text) {
    for (const json& one : answer->at("packets")) {
      if (says(one).contains(text)) {
        return one;
      }
    }
    return json{{"verdict", ""}, {"reason", ""}, {"steps", json::array()}};
  };
  const json forwarded = packet("traffic class 0x20");
  INFO(answer->dump(1));
  CHECK(forwarded.at("verdict") == "forward");
  CHECK(
      says(forwarded).contains("IPv6 header valid, from 2001:db8:1::2 to 2001:db8:2::2, hop limit "
                               "64, traffic class 0x20, flow label 0x00000, UDP"));
  CHECK(says(forwarded).contains("2001:db8:2::2 matches 2001:db8:2::/64 (connected"));
  CHECK(says(forwarded).contains("next hop 2001:db8:2::2 on b"));
  CHECK(says(forwarded).contains("hop limit is 63 now"));
  const json spent = packet("ICMPv6 hop limit exceeded");
  CHECK(spent.at("reason") == "ttl_exceeded");
  CHECK(says(spent).contains("its sender is told: ICMPv6 hop limit exceeded (type 3, code 0)"));
  const json waited = packet("waits until");
  CHECK(waited.at("verdict") == "forward");
  CHECK(says(waited).contains("waits until 2001:db8:2::7 on b answers neighbor solicitations"));
  bed.discard(kPortA);
  bed.discard(kPortB);
}

}  // namespace ringroad::test
