// SPDX-License-Identifier: BSD-3-Clause
#include <catch2/catch.hpp>

#include "testbed.hpp"

using namespace ringroad;
using namespace ringroad::test;
using stats::DropReason;

namespace {

constexpr Ipv4 kGateway{192, 168, 1, 254};
constexpr Mac kGatewayMac{{0x02, 0, 0, 0, 0, 0xfe}};

config::Config with_gateway() {
  auto config = Testbed::basic_config();
  config.routes = {{.to = *Prefix4::parse("10.0.0.0/8"), .next_hops = {{kGateway, 1}}}};
  config.neighbors = {{.address = kHostA, .port = "a", .mac = kMacA},
                      {.address = kGateway, .port = "a", .mac = kGatewayMac}};
  return config;
}

struct Hairpin {
  explicit Hairpin(const config::Config& config = with_gateway()) : bed{{.config = config}} {
    bed.resolve_hosts();
  }

  // Sends one more packet, and returns the frames that leave.
  std::vector<Frame> send(Ipv4 to, Ipv4 from = kHostA) {
    auto fields = bed.from_a_to_b();
    fields.source = from;
    fields.destination = to;
    bed.receive(kPortA, make_ipv4(fields));
    bed.run();
    return bed.sent(kPortA);
  }
  // The same; returns the number of redirects.
  std::size_t redirects(Ipv4 to, Ipv4 from = kHostA) {
    std::size_t count = 0;
    for (const Frame& frame : send(to, from)) {
      count += frame[kIp + 9] == 1 && frame[kIcmp] == 5 ? 1U : 0U;
    }
    return count;
  }

  Testbed bed;
};

}  // namespace

TEST_CASE("a sender whose gateway is on its own link is told so, and its packet goes on") {
  Hairpin hairpin;
  const auto out = hairpin.send({10, 1, 2, 3});
  REQUIRE(out.size() == 2);
  CHECK(hairpin.bed.router->workers()[0]->copied_bytes() == out[0].size());
  const bool redirect_first = out[0][kIp + 9] == 1;
  const Frame& redirect = out[redirect_first ? 0 : 1];
  const Frame& packet = out[redirect_first ? 1 : 0];
  CHECK(redirect[kIcmp] == 5);
  CHECK(redirect[kIcmp + 1] == 1);
  CHECK(address(redirect, kIcmp + 4) == kGateway);
  CHECK(ip_source(redirect) == kRouterA);
  CHECK(ip_destination(redirect) == kHostA);
  CHECK(redirect[kIp + 1] == 0xc0);
  CHECK(redirect[kIcmp + 8 + 8] == 63);  // the quote has the decremented TTL
  CHECK(sum(std::span{redirect}.subspan(kIcmp)) == 0);
  CHECK(destination_mac(packet) == kGatewayMac);
  CHECK(packet[kTtl] == 63);
  CHECK(hairpin.bed.all_drops() == 0);
}

TEST_CASE("a sender is told of a host on its own link, known or not") {
  Hairpin hairpin;
  const Ipv4 other{192, 168, 1, 77};
  const auto out = hairpin.send(other);
  REQUIRE(out.size() == 2);  // the ARP request and the redirect
  const Frame& redirect = ether_type(out[0]) == 0x0800 ? out[0] : out[1];
  CHECK(redirect[kIcmp] == 5);
  CHECK(address(redirect, kIcmp + 4) == other);
}

TEST_CASE("a sender is told too where its packet comes with others that need thought") {
  Hairpin hairpin;
  const Ipv4 far{10, 1, 2, 3};
  const Ipv4 other{192, 168, 1, 3};
  auto plain = hairpin.bed.from_a_to_b();
  plain.destination = far;
  auto expiring = plain;
  expiring.source = other;
  // The worker reports the other sender here already. If it later used that sender's frame in place
  // of the next one, it would report nothing.
  hairpin.bed.receive(kPortA, make_ipv4(expiring));
  hairpin.bed.run();
  CHECK(hairpin.bed.router->workers()[0]->generated() == 1);
  expiring.ttl = 1;
  hairpin.bed.receive(kPortA, make_ipv4(expiring));
  hairpin.bed.receive(kPortA, make_ipv4(plain));
  (void)hairpin.bed.sent(kPortA);
  hairpin.bed.run();
  CHECK(hairpin.bed.router->workers()[0]->generated() == 2);
  std::size_t redirects = 0;
  for (const Frame& frame : hairpin.bed.sent(kPortA)) {
    if (ether_type(frame) == 0x0800 && frame[kIp + 9] == 1 && frame[kIcmp] == 5) {
      ++redirects;
      CHECK(ip_destination(frame) == kHostA);
      CHECK(address(frame, kIcmp + 4) == kGateway);
    }
  }
  CHECK(redirects == 1);
  CHECK(hairpin.bed.drops(DropReason::kTtlExceeded) == 1);
}

TEST_CASE("redirects come rarer and rarer, and stop where they are not heeded") {
  Hairpin hairpin;
  const Ipv4 far{10, 1, 2, 3};
  int sent = 0;
  // Redirects follow 40 ms after the first, then 80, 160, ... 5.12 s: nine in 10.2 s.
  for (int i = 0; i < 400; ++i) {
    sent += static_cast<int>(hairpin.redirects(far));
    hairpin.bed.advance(50ms);
  }
  CHECK(sent == 9);
  // While packets continue, no redirect is sent; 20.48 s after the last one, redirects start again.
  for (int i = 0; i < 600; ++i) {
    hairpin.bed.advance(50ms);
    REQUIRE(hairpin.redirects(far) == 0);
  }
  hairpin.bed.advance(21s);
  CHECK(hairpin.redirects(far) == 1);
}

TEST_CASE("a hairpin's packets stay on the fast path") {
  Hairpin hairpin;
  auto fields = hairpin.bed.from_a_to_b();
  fields.destination = Ipv4{10, 1, 2, 3};
  for (int i = 0; i < 1000; ++i) {
    hairpin.bed.receive(kPortA, make_ipv4(fields));
  }
  hairpin.bed.run();
  CHECK(hairpin.bed.discard(kPortA) == 1001);
  CHECK(hairpin.bed.router->workers()[0]->generated() == 1);
}

TEST_CASE("a flood of senders costs no more than 32 copies in 20 ms") {
  Hairpin hairpin;
  auto fields = hairpin.bed.from_a_to_b();
  fields.destination = Ipv4{10, 1, 2, 3};
  for (int round = 0; round < 3; ++round) {
    const std::uint64_t before = hairpin.bed.router->workers()[0]->generated();
    for (std::uint32_t i = 0; i < 2000; ++i) {
      fields.source = Ipv4{Ipv4{172, 16, 0, 1}.value() + i};
      hairpin.bed.receive(kPortA, make_ipv4(fields));
    }
    hairpin.bed.run();
    CHECK(hairpin.bed.discard(kPortA) == 2000);
    CHECK(hairpin.bed.router->workers()[0]->generated() - before == 32);
    hairpin.bed.advance(20ms);
  }
}

TEST_CASE("no redirect where it would not help or is not wanted") {
  auto config = with_gateway();
  Ipv4 from = kHostA;
  Ipv4 to{10, 1, 2, 3};
  SECTION("switched off") { config.ports[0].send_redirects = false; }
  SECTION("a sender behind another router") {
    config.routes.push_back({.to = *Prefix4::parse("172.16.0.0/12"), .next_hops = {{kGateway, 1}}});
    from = Ipv4{172, 16, 1, 1};
  }
  SECTION("out by another port") { to = kHostB; }
  Hairpin hairpin{config};
  CHECK(hairpin.redirects(to, from) == 0);
}
