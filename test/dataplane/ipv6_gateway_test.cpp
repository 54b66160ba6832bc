// SPDX-License-Identifier: BSD-3-Clause
// IPv4 packets that leave by an IPv6 gateway (RFC 8950): as IPv4, to the MAC that neighbor
// discovery found.
#include <algorithm>
#include <catch2/catch.hpp>

#include "asking.hpp"
#include "neigh/nd_message.hpp"

using namespace ringroad;
using namespace ringroad::test;
using nlohmann::json;
using stats::DropReason;

namespace {

const Ipv6 kGateway{0xfe80'0000'0000'0000, 2};
const Ipv6 kRouter{0xfe80'0000'0000'0000, 1};
constexpr Ipv4 kFar{10, 1, 2, 3};

// Port b has no IPv4 address: 10.0.0.0/8 is behind its neighbor fe80::2.
config::Config by_ipv6() {
  auto config = Testbed::basic_config();
  config.arp.notify = false;
  config.nd.dad_transmits = 0;
  config.ports[1].addresses.clear();
  config.ports[1].addresses6 = {{.address = kRouter, .length = 64}};
  config.routes = {
      {.to = *Prefix4::parse("10.0.0.0/8"), .next_hops = {{.via = kGateway, .port = "b"}}}};
  return config;
}

Ipv4Fields to_far(const Testbed& bed, std::uint16_t id = 0) {
  auto fields = bed.from_a_to_b();
  fields.destination = kFar;
  fields.id = id;
  return fields;
}

bool is_solicitation(const Frame& frame) {
  return ether_type(frame) == 0x86dd && frame.at(kIp + 40) == 135;
}

// The gateway's answer to a solicitation.
void answer(Testbed& bed, Mac mac = kMacB) {
  bed.receive(kPortB, neigh::frame(neigh::NeighborAdvertisement{.source = kGateway,
                                                                .destination = kRouter,
                                                                .target = kGateway,
                                                                .solicited = true,
                                                                .override_ = true,
                                                                .target_mac = mac},
                                   bed.mac(kPortB), mac));
  bed.run();
}

}  // namespace

TEST_CASE("an IPv4 packet waits for its IPv6 gateway, and leaves as IPv4 to the gateway's MAC") {
  Testbed bed{{.config = by_ipv6()}};
  for (std::uint16_t id = 1; id <= 3; ++id) {
    bed.receive(kPortA, make_ipv4(to_far(bed, id)));
  }
  bed.run();
  auto out = bed.sent(kPortB);
  std::erase_if(out, [](const Frame& frame) { return !is_solicitation(frame); });
  REQUIRE(out.size() == 1);
  CHECK(Ipv6::read(&out[0].at(kIp + 8)) == kRouter);
  CHECK(Ipv6::read(&out[0].at(kIp + 24)) == kGateway.solicited_node());
  CHECK(bed.router->neighbors6().held() == 3);

  answer(bed);
  const auto check = [&](const std::vector<Frame>& frames, std::uint16_t first) {
    for (std::size_t i = 0; i < frames.size(); ++i) {
      CHECK(ether_type(frames[i]) == 0x0800);
      CHECK(destination_mac(frames[i]) == kMacB);
      CHECK(source_mac(frames[i]) == bed.mac(kPortB));
      CHECK(address(frames[i], kIp + 16) == kFar);
      CHECK(word(frames[i], kIpId) == first + i);
      CHECK(frames[i][kTtl] == 63);
    }
  };
  out = bed.sent(kPortB);
  CHECK(out.size() == 3);
  check(out, 1);
  // From now on workers send on the fast path.
  for (std::uint16_t id = 4; id < 36; ++id) {
    bed.receive(kPortA, make_ipv4(to_far(bed, id)));
  }
  for (const auto& worker : bed.router->workers()) {
    worker->poll_once();
  }
  out = bed.sent(kPortB);
  CHECK(out.size() == 32);
  check(out, 4);
  // Packets of different TOS and length go another way through the stages.
  auto odd = to_far(bed, 36);
  odd.tos = 0x10;
  odd.options = {1, 1, 1, 0};
  bed.receive(kPortA, make_ipv4(odd));
  auto long_one = to_far(bed, 37);
  long_one.payload.resize(600);
  bed.receive(kPortA, make_ipv4(long_one));
  bed.run();
  out = bed.sent(kPortB);
  std::ranges::sort(out, {}, [](const Frame& frame) { return word(frame, kIpId); });
  CHECK(out.size() == 2);
  check(out, 36);
  CHECK(bed.all_drops() == 0);
}

TEST_CASE("IPv6 and IPv4 packets by one gateway each keep their EtherType") {
  auto config = by_ipv6();
  config.ports[0].addresses6 = {{.address = {0x2001'0db8'0001'0000, 1}, .length = 64}};
  config.routes6 = {
      {.to = *Prefix6::parse("2001:db8:9::/48"), .next_hops = {{.via = kGateway, .port = "b"}}}};
  Testbed bed{{.config = config}};
  bed.receive(kPortA, make_ipv4(to_far(bed)));
  bed.run();
  answer(bed);
  bed.discard(kPortB);

  Frame six;
  for (const auto& octets : {bed.mac(kPortA).octets, kMacA.octets}) {
    six.insert(six.end(), octets.begin(), octets.end());
  }
  six.insert(six.end(), {0x86, 0xdd, 0x60, 0, 0, 0, 0, 26, 17, 64});
  six.resize(six.size() + 32 + 26);
  Ipv6{0x2001'0db8'0001'0000, 2}.write(&six.at(kIp + 8));
  Ipv6{0x2001'0db8'0009'0000, 2}.write(&six.at(kIp + 24));
  bed.receive(kPortA, six);
  bed.receive(kPortA, make_ipv4(to_far(bed)));
  bed.run();
  auto out = bed.sent(kPortB);
  REQUIRE(out.size() == 2);
  std::ranges::sort(out, {}, [](const Frame& frame) { return ether_type(frame); });
  CHECK(ether_type(out[0]) == 0x0800);
  CHECK(ether_type(out[1]) == 0x86dd);
  CHECK(destination_mac(out[0]) == destination_mac(out[1]));
}

TEST_CASE("an IPv6 gateway that does not answer makes an IPv4 destination unreachable") {
  Testbed bed{{.config = by_ipv6()}};
  bed.receive(kPortA, make_ipv4(to_far(bed)));
  bed.run();
  // The answer needs host A's MAC.
  bed.advance_in_steps(4s);
  auto asked = bed.sent(kPortA);
  REQUIRE_FALSE(asked.empty());
  bed.resolve_hosts();
  bed.receive(kPortA, make_ipv4(to_far(bed)));
  bed.run();
  bed.advance_in_steps(4s);
  auto out = bed.sent(kPortA);
  std::erase_if(
      out, [](const Frame& frame) { return ether_type(frame) != 0x0800 || frame[kIp + 9] != 1; });
  REQUIRE_FALSE(out.empty());
  CHECK(out[0][kIcmp] == 3);
  CHECK(out[0][kIcmp + 1] == 1);
  CHECK(address(out[0], kIp + 12) == kRouterA);
  CHECK(bed.drops(DropReason::kHostUnreachable) >= 1);
}

TEST_CASE("no redirect names an IPv6 gateway") {
  auto config = by_ipv6();
  config.ports[0].addresses6 = {{.address = kRouter, .length = 64}};
  config.routes[0].next_hops = {{.via = kGateway, .port = "a"}};
  config.neighbors = {{.address = kHostA, .port = "a", .mac = kMacA}};
  config.neighbors6 = {{.address = kGateway, .port = "a", .mac = kMacB}};
  Testbed bed{{.config = config}};
  bed.run();
  bed.discard(kPortA);
  bed.receive(kPortA, make_ipv4(to_far(bed)));
  bed.run();
  const auto out = bed.sent(kPortA);
  REQUIRE(out.size() == 1);
  CHECK(address(out[0], kIp + 16) == kFar);
  CHECK(destination_mac(out[0]) == kMacB);
}

TEST_CASE("roadctl adds, shows and deletes IPv4 routes by IPv6 gateways") {
  Testbed bed{{.config = by_ipv6()}};
  const json route{{"prefix", "10.9.0.0/16"}, {"via", "fe80::9"}, {"port", "b"}};
  CHECK(ask(bed, {"route", "add"}, route).contains("ok"));
  CHECK(ask(bed, {"route", "add"}, {{"prefix", "10.8.0.0/16"}, {"via", "fe80::9"}}).at("error") ==
        "10.8.0.0/16: the gateway fe80::9 is on every link; say on which port");
  CHECK(ask(bed, {"route", "add"}, {{"prefix", "2001:db8:9::/48"}, {"via", "192.168.1.2"}})
            .at("error") ==
        "192.168.1.2 is an IPv4 address; a route of IPv6 takes an IPv6 gateway");
  CHECK(ask(bed, {"route", "append"}, {{"prefix", "10.9.0.0/16"}, {"via", "192.168.1.2"}})
            .contains("ok"));
  const json shown = ask(bed, {"show", "routes"}, {{"via", "fe80::9"}}).at("ok");
  REQUIRE(shown.size() == 1);
  CHECK(shown[0].at("family") == 4);
  CHECK(shown[0].at("nexthops").size() == 2);
  CHECK(shown[0].at("nexthops")[0].at("via") == "fe80::9");
  CHECK(shown[0].at("nexthops")[0].at("port") == "b");
  CHECK(shown[0].at("nexthops")[0].at("state") == "NONE");

  const json got = ask(bed, {"route", "get"}, {{"address", "10.1.2.3"}}).at("ok");
  CHECK(got.at("via") == "fe80::2");
  CHECK(got.at("port") == "b");
  CHECK(got.at("source") == "192.168.1.1");
  bed.receive(kPortA, make_ipv4(to_far(bed)));
  bed.run();
  answer(bed);
  CHECK(ask(bed, {"route", "get"}, {{"address", "10.1.2.3"}}).at("ok").at("mac") ==
        kMacB.to_string());

  // What runs is written, and starts a router that has the same routes.
  config::Config running = bed.router->configuration().running_config();
  REQUIRE(running.routes.size() == 2);
  CHECK(running.routes[0].next_hops == by_ipv6().routes[0].next_hops);
  CHECK(config::parse(config::to_yaml(running), "t") == running);

  CHECK(ask(bed, {"route", "del"}, {{"prefix", "10.9.0.0/16"}, {"via", "fe80::9"}, {"port", "b"}})
            .contains("ok"));
  CHECK(ask(bed, {"route", "del"}, {{"prefix", "10.9.0.0/16"}}).contains("ok"));
  CHECK(ask(bed, {"route", "del"}, {{"prefix", "10.0.0.0/8"}}).contains("ok"));
  bed.discard(kPortB);
  bed.receive(kPortA, make_ipv4(to_far(bed)));
  bed.run();
  CHECK(bed.drops(DropReason::kNoRoute) == 1);
}

TEST_CASE("route get follows an IPv4 route behind its IPv6 gateway") {
  auto config = by_ipv6();
  config.routes6 = {
      {.to = *Prefix6::parse("2001:db8:5::/48"), .next_hops = {{.via = kGateway, .port = "b"}}}};
  Testbed bed{{.config = config}};
  const json route{{"prefix", "10.7.0.0/16"}, {"via", "2001:db8:5::1"}, {"recursive", true}};
  REQUIRE(ask(bed, {"route", "add"}, route).contains("ok"));
  const json got = ask(bed, {"route", "get"}, {{"address", "10.7.0.1"}}).at("ok");
  CHECK(got.at("port") == "b");
  CHECK(got.at("via") == "fe80::2");
  const json& steps = got.at("steps");
  REQUIRE(steps.size() == 2);
  CHECK(steps[0].at("nexthops")[0].at("via") == "2001:db8:5::1");
  CHECK(steps[1].at("gateway") == "2001:db8:5::1");
  CHECK(steps[1].at("prefix") == "2001:db8:5::/48");
  CHECK(steps[1].at("nexthops")[0].at("via") == "fe80::2");
}
