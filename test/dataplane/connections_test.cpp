// SPDX-License-Identifier: BSD-3-Clause
// Connections and their translation, through the whole router in process.
#include <catch2/catch.hpp>
#include <map>

#include "asking.hpp"
#include "ip6_frames.hpp"
#include "ruled.hpp"

using namespace ringroad;
using namespace ringroad::test;
using stats::DropReason;

namespace {

Ipv4Fields udp(Ipv4Fields fields, std::uint16_t source, std::uint16_t destination,
               std::size_t bytes = 26) {
  std::vector<std::uint8_t> octets(bytes, 0);
  octets[0] = static_cast<std::uint8_t>(source >> 8U);
  octets[1] = static_cast<std::uint8_t>(source);
  octets[2] = static_cast<std::uint8_t>(destination >> 8U);
  octets[3] = static_cast<std::uint8_t>(destination);
  octets[4] = static_cast<std::uint8_t>(bytes >> 8U);
  octets[5] = static_cast<std::uint8_t>(bytes);
  fields.payload = octets;
  return fields;
}

constexpr std::size_t kPorts = 34;
constexpr std::size_t kUpper = 54;  // of IPv6, behind the fixed header

const std::string kStateful =
    "table inet filter {\n"
    "  chain forward { type filter hook forward priority 0; policy drop;\n"
    "    ct state established,related accept\n"
    "    ct state invalid counter drop\n"
    "    ip saddr 192.168.1.0/24 accept }\n"
    "  chain input { type filter hook input priority 0; policy drop;\n"
    "    ct state new icmp type echo-request accept }\n"
    "  chain output { type filter hook output priority 0; policy drop;\n"
    "    ct state established,related accept }\n"
    "}\n";

const std::string kMasquerade =
    "table ip nat {\n"
    "  chain post { type nat hook postrouting priority srcnat;\n"
    "    ip saddr 192.168.1.0/24 masquerade }\n"
    "  chain pre { type nat hook prerouting priority dstnat;\n"
    "    ip daddr 192.168.2.1 udp dport 5353 dnat to 192.168.1.2:53\n"
    "    ip daddr 192.168.1.1 udp dport 99 redirect to :98 }\n"
    "}\n";

const std::string kBehindGateway =
    "table ip nat { chain post { type nat hook postrouting priority srcnat;\n"
    "  ip saddr 10.7.0.0/24 masquerade } }\n";

}  // namespace

TEST_CASE("a stateful firewall lets answers in, and nothing else") {
  Testbed bed{with_rules(kStateful, GENERATE(1U, 3U))};
  bed.resolve_hosts();
  bed.receive(kPortB, make_ipv4(udp(bed.from_b_to_a(), 53, 1000)));
  bed.run();
  CHECK(bed.sent(kPortA).empty());
  bed.receive(kPortA, make_ipv4(udp(bed.from_a_to_b(), 1000, 53)));
  bed.receive(kPortA, make_ipv4(udp(bed.from_a_to_b(), 1000, 53)));
  bed.run();
  CHECK(bed.sent(kPortB).size() == 2);
  bed.receive(kPortB, make_ipv4(udp(bed.from_b_to_a(), 53, 1000)));
  bed.run();
  CHECK(bed.sent(kPortA).size() == 1);
  bed.advance(31s);
  bed.receive(kPortB, make_ipv4(udp(bed.from_b_to_a(), 53, 1000)));
  bed.run();
  CHECK(bed.sent(kPortA).empty());
  CHECK(bed.drops(DropReason::kFirewall) == 2);
}

TEST_CASE("the router's own answers belong to the connections of what they answer") {
  Testbed bed{with_rules(kStateful, GENERATE(1U, 3U))};
  bed.resolve_hosts();
  bed.receive(kPortA, make_ipv4(bed.ping(kRouterA)));       // a worker answers
  bed.receive(kPortA, make_ipv4(bed.long_ping(kRouterA)));  // the control thread
  bed.run();
  CHECK(bed.sent(kPortA).size() == 2);
  // An error about a packet of no connection that was confirmed is related to that packet's.
  Ipv4Fields fields = udp(bed.from_a_to_b(), 1000, 53);
  fields.ttl = 1;
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  CHECK(bed.sent(kPortA).size() == 1);
}

TEST_CASE("masqueraded packets have the address of the port by which they leave") {
  Testbed bed{with_rules(kMasquerade, GENERATE(1U, 3U))};
  bed.resolve_hosts();
  bed.receive(kPortA, make_ipv4(udp(bed.from_a_to_b(), 1000, 53)));
  bed.run();
  auto out = bed.sent(kPortB);
  REQUIRE(out.size() == 1);
  CHECK(ip_source(out[0]) == kRouterB);
  CHECK(word(out[0], kPorts) == 1000);

  Ipv4Fields answer = udp(bed.from_b_to_a(), 53, 1000);
  answer.destination = kRouterB;
  bed.receive(kPortB, make_ipv4(answer));
  bed.run();
  out = bed.sent(kPortA);
  REQUIRE(out.size() == 1);
  CHECK(ip_destination(out[0]) == kHostA);
  CHECK(ip_source(out[0]) == kHostB);
}

TEST_CASE("a port that is forwarded leads to the host inside") {
  Testbed bed{with_rules(kMasquerade, GENERATE(1U, 3U))};
  bed.resolve_hosts();
  Ipv4Fields query = udp(bed.from_b_to_a(), 2000, 5353);
  query.destination = kRouterB;
  bed.receive(kPortB, make_ipv4(query));
  bed.run();
  auto out = bed.sent(kPortA);
  REQUIRE(out.size() == 1);
  CHECK(ip_destination(out[0]) == kHostA);
  CHECK(word(out[0], kPorts + 2) == 53);
  bed.receive(kPortA, make_ipv4(udp(bed.from_a_to_b(), 53, 2000)));
  bed.run();
  out = bed.sent(kPortB);
  REQUIRE(out.size() == 1);
  CHECK(ip_source(out[0]) == kRouterB);
  CHECK(word(out[0], kPorts) == 5353);
}

TEST_CASE("what is redirected reaches the router, and its errors come from where it was sent to") {
  Testbed bed{with_rules(kMasquerade, GENERATE(1U, 3U))};
  bed.resolve_hosts();
  Ipv4Fields query = udp(bed.from_a_to_b(), 2000, 99);
  query.destination = kRouterA;
  bed.receive(kPortA, make_ipv4(query));
  bed.run();
  const auto out = bed.sent(kPortA);  // the port is closed
  REQUIRE(out.size() == 1);
  CHECK(out[0].at(34) == 3);
  CHECK(word(out[0], 34 + 8 + 20 + 2) == 99);  // as the sender knows the packet
}

TEST_CASE("fragments are put together before they are translated, and cut again") {
  Testbed bed{with_rules(kMasquerade, GENERATE(1U, 3U))};
  bed.resolve_hosts();
  const Ipv4Fields whole = udp(bed.from_a_to_b(), 1000, 53, 1600);
  const std::vector<std::uint8_t> octets = whole.payload;
  Ipv4Fields first = whole;
  const long middle = GENERATE(800, 1200);
  first.payload.assign(octets.begin(), octets.begin() + middle);
  first.flags_offset = 0x2000;
  Ipv4Fields second = whole;
  second.payload.assign(octets.begin() + middle, octets.end());
  second.flags_offset = static_cast<std::uint16_t>(middle / 8);
  bed.receive(kPortA, make_ipv4(second));
  bed.receive(kPortA, make_ipv4(first));
  bed.run();
  const auto out = bed.sent(kPortB);
  REQUIRE(out.size() == 2);
  for (const Frame& piece : out) {
    CHECK(ip_source(piece) == kRouterB);
    CHECK(piece.size() <= kPorts + static_cast<std::size_t>(middle));  // as they came
  }
}

TEST_CASE("fragments of IPv6 belong to the connection of their datagram, and leave as fragments") {
  const bool fits = GENERATE(true, false);
  auto options = with_rules(
      "table ip6 t { chain f { type filter hook forward priority 0; policy drop;\n"
      "  ct state new icmpv6 type echo-request accept } }",
      GENERATE(1U, 2U));
  options.config.ports[0].addresses6 = {{kRouterA6, 64}};
  options.config.ports[1].addresses6 = {{kRouterB6, 64}};
  options.config.nd.dad_transmits = 0;
  options.config.ports[1].mtu = fits ? 1500 : 1300;
  Testbed bed{std::move(options)};
  resolve_hosts6(bed);
  Ipv6Fields whole{.destination_mac = bed.mac(kPortA), .next_header = 58};
  whole.payload.assign(2600, 7);
  whole.payload[0] = 128;
  mend_icmp6_checksum(whole);
  constexpr std::size_t kFirst = 1360;
  for (const bool is_first : {false, true}) {
    Ipv6Fields piece = whole;
    piece.next_header = 44;
    const auto middle = whole.payload.begin() + kFirst;
    const unsigned offset = is_first ? 1 : kFirst;
    piece.payload = {
        58, 0, static_cast<std::uint8_t>(offset >> 8U), static_cast<std::uint8_t>(offset), 0, 0,
        0,  9};
    piece.payload.insert(piece.payload.end(), is_first ? whole.payload.begin() : middle,
                         is_first ? middle : whole.payload.end());
    bed.receive(kPortA, make_ipv6(piece));
  }
  bed.run();
  const auto out = bed.sent(kPortB);
  if (!fits) {
    CHECK(out.empty());
    const auto back = bed.sent(kPortA);
    REQUIRE(back.size() == 1);
    CHECK(back[0].at(kUpper) == 2);  // too big
    return;
  }
  REQUIRE(out.size() == 2);
  std::vector<std::uint8_t> octets;
  for (const Frame& piece : out) {
    CHECK(piece.at(kIp + 6) == 44);
    CHECK(piece.at(kIp + 7) == 63);  // the hop limit
    CHECK(piece.size() <= kUpper + 8 + kFirst);
    octets.insert(octets.end(), piece.begin() + kUpper + 8, piece.end());
  }
  CHECK(octets == whole.payload);
}

// With several workers the clients' packets and the answers come to other workers than their own.
TEST_CASE("many clients behind one address get each its own answers and errors") {
  constexpr std::uint8_t kClients = 200;
  auto options = with_rules(kBehindGateway, GENERATE(1U, 2U, 5U));
  options.config.routes.push_back(
      {.to = Prefix4{Ipv4{10, 7, 0, 0}, 24}, .next_hops = {{kHostA, 1}}});
  Testbed bed{std::move(options)};
  bed.resolve_hosts();
  for (std::uint8_t client = 0; client < kClients; ++client) {
    Ipv4Fields query = udp(bed.from_a_to_b(), 1000, 53);
    query.source = Ipv4{10, 7, 0, client};
    query.id = client;
    bed.receive(kPortA, make_ipv4(query));
  }
  bed.run();
  const auto out = bed.sent(kPortB);
  REQUIRE(out.size() == kClients);
  std::map<std::uint16_t, std::uint8_t> client_of;
  for (const Frame& frame : out) {
    CHECK(ip_source(frame) == kRouterB);
    CHECK(client_of.emplace(word(frame, kPorts), word(frame, kIp + 4)).second);
  }
  for (const auto& [port, client] : client_of) {
    Ipv4Fields answer = udp(bed.from_b_to_a(), 53, port);
    answer.destination = kRouterB;
    answer.id = client;
    bed.receive(kPortB, make_ipv4(answer));
  }
  bed.run();
  const auto back = bed.sent(kPortA);
  CHECK(back.size() == kClients);
  for (const Frame& frame : back) {
    CHECK(ip_destination(frame) == Ipv4{10, 7, 0, static_cast<std::uint8_t>(word(frame, kIp + 4))});
    CHECK(word(frame, kPorts + 2) == 1000);
  }
  // Host B has no such port after all: each client hears of its own query.
  for (const Frame& frame : out) {
    Ipv4Fields error = bed.from_b_to_a();
    error.destination = kRouterB;
    error.protocol = 1;
    error.payload = {3, 3, 0, 0, 0, 0, 0, 0};
    error.payload.insert(error.payload.end(), frame.begin() + kIp, frame.begin() + kIp + 28);
    const std::uint16_t sum = checksum(error.payload);
    std::memcpy(&error.payload[2], &sum, sizeof sum);
    error.id = word(frame, kIp + 4);
    bed.receive(kPortB, make_ipv4(error));
  }
  bed.run();
  const auto errors = bed.sent(kPortA);
  CHECK(errors.size() == kClients);
  for (const Frame& frame : errors) {
    CHECK(ip_destination(frame) == Ipv4{10, 7, 0, static_cast<std::uint8_t>(word(frame, kIp + 4))});
    CHECK(ip_source(frame) == kHostB);
  }
}
