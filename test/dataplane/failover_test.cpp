// SPDX-License-Identifier: BSD-3-Clause
// Which way packets take when a port loses its link, a gateway stops answering, or the route to a
// recursive gateway changes; and what `route get` reports.
#include <rte_ethdev.h>

#include <array>
#include <catch2/catch.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "control/verbs.hpp"
#include "testbed.hpp"

using namespace ringroad;
using namespace ringroad::test;
using nlohmann::json;

namespace {

constexpr PortId kPortC{2};
constexpr Ipv4 kRouterC{192, 168, 3, 1};
constexpr Ipv4 kGatewayB{192, 168, 2, 10};
constexpr Ipv4 kGatewayC{192, 168, 3, 10};
constexpr Ipv4 kFar{10, 200, 0, 1};
constexpr unsigned kPackets = 200;
constexpr std::array<std::uint8_t, 3> kNetworks{20, 30, 40};

config::Route route(const char* to, Ipv4 via, std::uint32_t metric = 0) {
  config::Route route;
  route.to = Prefix4::parse(to).value();
  route.metric = metric;
  route.next_hops = {{.via = via, .weight = 1}};
  return route;
}

// 20/8 is routed through b, otherwise through c; 30/8 through b alone, with a default route through
// c; 40/8 through a recursive gateway, which 20/8 covers. The recursive route comes first, because
// the configuration may have any order.
config::Config failover_config() {
  config::Config config = Testbed::basic_config();
  config.ports.push_back(
      {.name = "c", .device = "", .addresses = {{kRouterC, 24}}, .queues = {}, .scheduler = ""});
  config.routes = {route("40.0.0.0/8", kFar),
                   route("20.0.0.0/8", kGatewayB, 1),
                   route("20.0.0.0/8", kGatewayC, 2),
                   route("10.200.0.0/16", kGatewayB, 1),
                   route("10.200.0.0/16", kGatewayC, 2),
                   route("30.0.0.0/8", kGatewayB),
                   route("default", kGatewayC)};
  return config;
}

class Bed {
 public:
  Bed() {
    bed.resolve_hosts();
    answer(kPortB, kGatewayB);
    answer(kPortC, kGatewayC);
    drain();
  }
  // The gateway announces itself.
  void answer(PortId port, Ipv4 gateway) {
    bed.receive(port, make_arp(1, mac_of(port), gateway, {}, port == kPortB ? kRouterB : kRouterC,
                               kBroadcastMac));
    bed.run();
  }
  [[nodiscard]] static Mac mac_of(PortId port) {
    return Mac{{0x02, 0, 0, 0, 2, static_cast<std::uint8_t>(port.value())}};
  }
  void drain() {
    for (const PortId port : {kPortA, kPortB, kPortC}) {
      bed.discard(port);
    }
  }
  // Returns how many packets to that network left by each port, all to the port's gateway.
  std::map<PortId, unsigned> send(std::uint8_t network, unsigned packets = kPackets) {
    for (unsigned i = 0; i < packets; ++i) {
      Ipv4Fields fields = bed.from_a_to_b();
      fields.destination = Ipv4{(std::uint32_t{network} << 24U) + i};
      bed.receive(kPortA, make_ipv4(fields));
    }
    bed.run();
    std::map<PortId, unsigned> left;
    for (const PortId port : {kPortB, kPortC}) {
      for (const Frame& frame : bed.sent(port)) {
        if (ether_type(frame) == 0x0800) {
          CHECK(destination_mac(frame) == mac_of(port));
          ++left[port];
        }
      }
    }
    return left;
  }
  void set_link(PortId port, bool up) {
    const std::uint16_t device = bed.router->ports().at(port.value())->device();
    REQUIRE((up ? rte_eth_dev_set_link_up(device) : rte_eth_dev_set_link_down(device)) == 0);
    bed.advance(300ms);
  }
  json get(const json& options) {
    const auto answer =
        control::carry_out(*bed.router, {{"verb", {"route", "get"}}, {"options", options}});
    return answer ? *answer : json(answer.error().what);
  }

  Testbed bed{{.config = failover_config()}};
};

using Left = std::map<PortId, unsigned>;
const Left kAllByB{{kPortB, kPackets}};
const Left kAllByC{{kPortC, kPackets}};

}  // namespace

TEST_CASE("a port that loses its link hands its routes to the next best, and takes them back") {
  Bed bed;
  for (const std::uint8_t network : kNetworks) {
    CHECK(bed.send(network) == kAllByB);
  }
  bed.set_link(kPortB, false);
  for (const std::uint8_t network : kNetworks) {
    CHECK(bed.send(network) == kAllByC);
  }
  const json got = bed.get({{"address", "30.0.0.1"}});
  CHECK(got.at("prefix") == "default");
  CHECK(got.at("runners_up")[0].at("prefix") == "30.0.0.0/8");
  CHECK(got.at("runners_up")[0].at("reason") == "linkdown");
  CHECK(got.at("runners_up")[0].at("nexthops")[0].at("state") == "linkdown");
  // The port's own address is still an address of the router.
  bed.bed.receive(kPortA, make_ipv4(bed.bed.ping(kRouterB)));
  bed.bed.run();
  CHECK(bed.bed.sent(kPortA).size() == 1);

  // The router does not know whether the gateway is still there, so the other routes are used until
  // it answers. It is solicited at once.
  bed.drain();
  bed.set_link(kPortB, true);
  bed.bed.advance(100ms);
  const auto asked = bed.bed.sent(kPortB);
  REQUIRE(asked.size() == 1);
  CHECK(address(asked[0], kArpTarget) == kGatewayB);
  CHECK(bed.send(20) == kAllByC);
  CHECK(bed.send(40) == kAllByC);
  bed.answer(kPortB, kGatewayB);
  bed.drain();
  for (const std::uint8_t network : kNetworks) {
    CHECK(bed.send(network) == kAllByB);
  }
  CHECK(bed.bed.all_drops() == 0);
}

TEST_CASE("a gateway that falls silent hands on the routes that have another, until it answers") {
  Bed bed;
  CHECK(bed.send(20) == kAllByB);
  // Nothing confirms that the gateway is alive, and it does not answer ARP requests.
  const auto failed = [&] {
    const auto& table = bed.bed.router->neighbors().table();
    const auto id = table.find({interface_of(kPortB), kGatewayB});
    return id && table.entry(*id).state == neigh::State::kFailed;
  };
  unsigned sent = 0;
  unsigned left = 0;
  for (int second = 0; second < 120 && !failed(); ++second) {
    bed.answer(kPortC, kGatewayC);
    const auto by = bed.send(20, 10);
    sent += 10;
    for (const auto& [port, packets] : by) {
      left += packets;
    }
    bed.bed.advance_in_steps(1s);
  }
  REQUIRE(failed());
  // Only the packets that waited when the gateway failed are lost, and an ICMP error is sent for
  // each.
  CHECK(sent == left + bed.bed.drops(stats::DropReason::kHostUnreachable));
  CHECK(bed.send(20) == kAllByC);
  CHECK(bed.send(40) == kAllByC);
  CHECK(bed.get({{"address", "20.0.0.1"}}).at("runners_up")[0].at("reason") ==
        "gateway unreachable");
  // The default route does not replace a longer prefix: the host is unreachable.
  CHECK(bed.send(30, 1).empty());

  // The gateway is solicited every 5 s, although no packet is sent to it.
  bed.bed.advance_in_steps(4s);
  bed.drain();
  bed.bed.advance_in_steps(6s);
  bool asked = false;
  for (const Frame& frame : bed.bed.sent(kPortB)) {
    asked = asked || (ether_type(frame) == 0x0806 && address(frame, kArpTarget) == kGatewayB);
  }
  CHECK(asked);
  bed.answer(kPortB, kGatewayB);
  bed.drain();
  CHECK(bed.send(20) == kAllByB);
  CHECK(bed.send(40) == kAllByB);
}

TEST_CASE("no packet is lost or sent astray while the way to a far gateway changes under traffic") {
  Bed bed;
  const fib::RouteSelector4 way{.prefix = Prefix4::parse("10.200.0.0/16").value(),
                                .table = {},
                                .metric = 1,
                                .via = {},
                                .protocol = {}};
  for (int round = 0; round < 50; ++round) {
    CHECK(bed.send(40) == kAllByB);
    REQUIRE(bed.bed.router->configuration().erase_route(way));
    CHECK(bed.send(40) == kAllByC);
    REQUIRE(bed.bed.router->configuration().add_route(route("10.200.0.0/16", kGatewayB, 1)));
  }
  CHECK(bed.bed.all_drops() == 0);
}

TEST_CASE("without any way to its gateway a route answers unreachable") {
  Bed bed;
  for (const std::uint32_t metric : {1U, 2U}) {
    REQUIRE(bed.bed.router->configuration().erase_route(
        fib::RouteSelector4{.prefix = Prefix4::parse("10.200.0.0/16").value(),
                            .table = {},
                            .metric = metric,
                            .via = {},
                            .protocol = {}}));
  }
  CHECK(bed.send(40).empty());
  CHECK(bed.bed.drops(stats::DropReason::kUnreachable) == kPackets);
  const json got = bed.get({{"address", "40.0.0.1"}});
  CHECK(got.at("prefix") == "40.0.0.0/8");
  CHECK(got.at("nexthops")[0].at("state") == "unreachable");
  CHECK(got.at("nexthops")[0].at("recursive").is_null());
  CHECK(got.at("steps").size() == 1);
}

TEST_CASE("route get foretells the way of every flow, through groups and far gateways") {
  Bed bed;
  config::Route grouped = route("50.0.0.0/8", kFar);
  grouped.next_hops.push_back({.via = kGatewayC, .weight = 3});
  REQUIRE(bed.bed.router->configuration().add_route(grouped));
  for (std::uint32_t i = 0; i < 100; ++i) {
    const Ipv4 to{(50U << 24U) + i};
    const json got =
        bed.get({{"address", to.to_string()}, {"from", kHostA.to_string()}, {"proto", "udp"}});
    Ipv4Fields fields = bed.bed.from_a_to_b();
    fields.destination = to;
    bed.bed.receive(kPortA, make_ipv4(fields));
    bed.bed.run();
    const bool by_b = got.at("port") == "b";
    REQUIRE(bed.bed.sent(kPortB).size() == (by_b ? 1 : 0));
    REQUIRE(bed.bed.sent(kPortC).size() == (by_b ? 0 : 1));
    const json& steps = got.at("steps");
    CHECK(steps.size() == (by_b ? 2 : 1));
    CHECK(steps[0].at("nexthops")[0].at("taken") == by_b);
    CHECK(steps[0].at("nexthops")[1].at("taken") == !by_b);
    CHECK(steps[0].at("nexthops")[0].at("buckets").get<int>() +
              steps[0].at("nexthops")[1].at("buckets").get<int>() ==
          steps[0].at("buckets"));
    if (by_b) {
      CHECK(steps[1].at("gateway") == kFar.to_string());
      CHECK(steps[1].at("prefix") == "10.200.0.0/16");
    }
  }
}

TEST_CASE("route get explains why the others lost, and that a destination has no mask") {
  Bed bed;
  config::Route later = route("20.0.0.0/16", kGatewayC);
  later.table = 253;
  REQUIRE(bed.bed.router->configuration().add_route(later));
  const json got = bed.get({{"address", "20.0.0.1"}});
  CHECK(got.at("prefix") == "20.0.0.0/8");
  CHECK(got.at("mac") == Bed::mac_of(kPortB).to_string());
  std::vector<std::string> reasons;
  for (const json& other : got.at("runners_up")) {
    reasons.push_back(other.at("prefix").get<std::string>() + " " +
                      other.at("reason").get<std::string>());
  }
  CHECK(reasons == std::vector<std::string>{"20.0.0.0/8 higher metric", "default shorter prefix",
                                            "20.0.0.0/16 table consulted later"});
  CHECK(bed.get({{"address", "192.168.2.100/24"}}) ==
        "'192.168.2.100/24': a destination has no mask, only routes do; ask for 192.168.2.100, and "
        "the longest prefix that covers it answers");
}
