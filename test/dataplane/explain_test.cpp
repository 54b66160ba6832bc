// SPDX-License-Identifier: BSD-3-Clause
// What `explain` answers for single packets.
#include <catch2/catch.hpp>
#include <string>

#include "explaining.hpp"

// g++ 12 wrongly reports that a string overlaps with one that is moved (its bug 105651).
#pragma GCC diagnostic ignored "-Wrestrict"

namespace ringroad::test {

using nlohmann::json;

TEST_CASE("explain tells a forwarded packet's way step by step") {
  auto config = Testbed::basic_config();
  config.routes = {{.to = Prefix4{Ipv4{10, 0, 0, 0}, 8}, .next_hops = {{kHostB, 1}}}};
  Testbed bed{{.config = config}};
  bed.resolve_hosts();
  const json answer =
      explain(bed, {{"source", "192.168.1.2"}, {"destination", "10.1.2.3"}, {"length", 100U}});
  INFO(answer.dump(1));
  CHECK(answer.at("verdict") == "forward");
  CHECK(answer.at("reason").is_null());
  CHECK(answer.at("icmp").is_null());
  const json& egress = answer.at("egress");
  CHECK(egress.at("port") == "b");
  CHECK(egress.at("via") == "192.168.2.2");
  CHECK(egress.at("mac") == kMacB.to_string());
  CHECK(egress.at("bytes") == 114);
  CHECK(egress.at("band") == 1);
  const std::string text = says(answer);
  CHECK(text.contains("10.1.2.3 matches 10.0.0.0/8 (static, table main, metric 0)"));
  CHECK(text.contains("next hop 192.168.2.2 on b"));
  CHECK(text.contains("TTL is 63 now"));
  CHECK(text.contains("band 1 of 3"));
}

TEST_CASE("explain names the drop and the ICMP error") {
  Testbed bed;
  bed.resolve_hosts();
  const json answer = explain(bed, {{"source", "192.168.1.2"},
                                    {"destination", "192.168.2.2"},
                                    {"ttl", 1U},
                                    {"proto", "udp"},
                                    {"sport", 1U},
                                    {"dport", 2U}});
  INFO(answer.dump(1));
  CHECK(answer.at("verdict") == "drop");
  CHECK(answer.at("reason") == "ttl_exceeded");
  CHECK(answer.at("egress").is_null());
  const json& icmp = answer.at("icmp");
  CHECK(icmp.at("type") == 11);
  CHECK(icmp.at("code") == 0);
  CHECK(icmp.at("to") == "192.168.1.2");
  CHECK(icmp.at("from") == "192.168.1.1");
  CHECK(icmp.at("sent") == true);
  const json lost = explain(bed, {{"source", "192.168.1.2"}, {"destination", "172.16.0.1"}});
  CHECK(lost.at("reason") == "no_route");
  CHECK(lost.at("icmp").at("type") == 3);
  CHECK(says(lost).contains("172.16.0.1 matches no route"));
}

TEST_CASE("explain says why no ICMP error goes out") {
  auto config = Testbed::basic_config();
  config.icmp.per_destination = 1h;
  Testbed bed{{.config = config}};
  bed.resolve_hosts();
  const json options{{"source", "192.168.1.2"}, {"destination", "172.16.0.1"}};
  for (int i = 0; i < 6; ++i) {
    CHECK(explain(bed, options).at("icmp").at("sent") == true);
    auto lost = bed.from_a_to_b();
    lost.destination = Ipv4{172, 16, 0, 1};
    bed.receive(kPortA, make_ipv4(lost));
    bed.run();
  }
  const json icmp = explain(bed, options).at("icmp");
  CHECK(icmp.at("sent") == false);
  CHECK(icmp.at("why").get<std::string>().contains("icmp.per_destination"));
}

TEST_CASE("explain says that a packet would wait for its neighbor") {
  Testbed bed;
  const json answer = explain(bed, {{"source", "192.168.1.2"}, {"destination", "192.168.2.7"}});
  INFO(answer.dump(1));
  CHECK(answer.at("verdict") == "forward");
  CHECK(answer.at("egress").at("waits") == true);
  CHECK(answer.at("egress").at("mac").is_null());
  CHECK(says(answer).contains("192.168.2.7 on b is not known yet"));
  CHECK(bed.router->neighbors().table().size() == 0);
}

TEST_CASE("explain knows that a full table spares neighbors that became stale a moment ago") {
  auto config = Testbed::basic_config();
  config.arp.gc_thresh = {1, 1, 2};
  Testbed bed{{.config = config}};
  bed.resolve_hosts();
  const json options{{"source", "192.168.1.2"}, {"destination", "192.168.2.7"}};
  CHECK(explain(bed, options).at("reason") == "neighbor_table_full");
  bed.advance(5s);
  CHECK(explain(bed, options).at("egress").at("waits") == true);
}

TEST_CASE("explain knows that a sender is considered for a redirect once in 20 ms") {
  const Ipv4 gateway{192, 168, 1, 3};
  auto config = Testbed::basic_config();
  config.routes = {{.to = Prefix4{Ipv4{10, 0, 0, 0}, 8}, .next_hops = {{gateway, 1}}}};
  Testbed bed{{.config = config}};
  bed.resolve_hosts();
  bed.receive(kPortA, make_arp(1, kMacB, gateway, {}, kRouterA, kBroadcastMac));
  bed.run();
  auto fields = bed.from_a_to_b();
  fields.destination = Ipv4{10, 1, 2, 3};
  const auto redirects = [&](Nanoseconds later) {
    bed.advance(later);
    const json icmp =
        explain(bed, {{"source", "192.168.1.2"}, {"destination", "10.1.2.3"}}).at("icmp");
    bed.discard(kPortA);
    bed.receive(kPortA, make_ipv4(fields));
    bed.run();
    const bool is_sent = bed.discard(kPortA) == 2;
    CHECK(is_sent == (icmp.is_object() && icmp.at("sent") == true));
    return is_sent;
  };
  bed.advance(20ms);  // considers it anew
  CHECK(redirects(5ms));
  bed.advance(15ms);
  bed.advance(20ms);
  CHECK_FALSE(redirects(2ms));  // 37 of 40 ms after the redirect
  // The limit allows a redirect now, but the worker copies a sender's packet once a round only.
  CHECK_FALSE(redirects(4ms));
  CHECK(redirects(14ms));
}

TEST_CASE("explain calls waiting fragments that are dropped no answer") {
  Testbed bed;
  bed.resolve_hosts();
  auto first = bed.ping(kRouterA, 56);
  first.flags_offset = 0x2000;
  bed.receive(kPortA, make_ipv4(first));
  bed.run();
  auto overlapping = first;
  overlapping.flags_offset = 0x2001;
  const json answer = explain_frame(bed, make_ipv4(overlapping));
  INFO(answer.dump(1));
  CHECK(answer.at("reason") == "reassembly_overlap");
  CHECK(answer.at("lost_answer").is_null());
}

TEST_CASE("explain refuses what it does not understand") {
  Testbed bed;
  CHECK(refusal(bed, {{"from", "bb"}, {"frame", "00"}}) == "there is no port 'bb'; known: a, b");
  CHECK(refusal(bed, {{"from", "a"}, {"frame", "0g"}}).contains("hexadecimal"));
  CHECK(refusal(bed, {{"from", "a"}, {"frame", "000"}}).contains("even number"));
  CHECK(refusal(bed, {{"from", "a"}, {"source", "1.2.3"}, {"destination", "10.0.0.1"}}) ==
        "'1.2.3' is not an IPv4 address");
  CHECK(refusal(bed, {{"from", "a"},
                      {"source", "10.0.0.1"},
                      {"destination", "10.0.0.2"},
                      {"proto", "udp"},
                      {"length", 20U}})
            .contains("28 bytes or more"));
  CHECK(refusal(bed, {{"from", "a"}, {"frame", std::string(40000, '0')}}).contains("buffer"));
}

}  // namespace ringroad::test
