// SPDX-License-Identifier: BSD-3-Clause
// IPv4 routes with IPv6 gateways (RFC 8950). Tables only, no port.
#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "routing/routing.hpp"
#include "two_ports.hpp"

using namespace ringroad;
using namespace ringroad::test;
using neigh::AdjacencyKind;
using routing::Routing4;
using routing::Routing6;

namespace {

Prefix4 prefix(const char* text) { return Prefix4::parse(text).value(); }

const Ipv6 kGateway = address("fe80::2");

// Port a has addresses of both families, port b none of IPv4.
struct Bed {
  Bed() {
    world.add_port({.id = kA,
                    .name = "a",
                    .mac = mac(1),
                    .addresses = {{{192, 0, 2, 1}, 24}},
                    .addresses6 = {{address("2001:db8:a::1"), 64}, {address("fe80::1"), 64}}});
    world.add_port(
        {.id = kB, .name = "b", .mac = mac(1), .addresses6 = {{address("fe80::1"), 64}}});
    Routing4::connect(routing4, routing6);
    routing4.add_fixed_routes();
    routing6.add_fixed_routes();
    REQUIRE(routing4.sync_connected());
    REQUIRE(routing6.sync_connected());
  }

  void add(const char* to, std::vector<Routing4::Via> vias, std::uint32_t metric = 0) {
    const Status status =
        routing4.add({.prefix = prefix(to), .vias = std::move(vias), .metric = metric});
    INFO((status ? "" : status.error().what));
    REQUIRE(status);
  }
  void add6(const char* to, std::vector<Routing6::Via> vias) {
    REQUIRE(routing6.add({.prefix = Prefix6::parse(to).value(), .vias = std::move(vias)}));
  }
  std::string refused(std::vector<Routing4::Via> vias) {
    const Status status = routing4.add({.prefix = prefix("10.0.0.0/8"), .vias = std::move(vias)});
    REQUIRE_FALSE(status);
    return status.error().what;
  }
  [[nodiscard]] const neigh::Adjacency& at(std::uint32_t flow = 0) {
    return routing4.resolve({10, 1, 2, 3}, flow);
  }
  // The gateways over which flows to 10.1.2.3 are spread.
  [[nodiscard]] std::set<EitherAddress> ways() {
    std::set<EitherAddress> found;
    for (std::uint32_t flow = 0; flow < 64; ++flow) {
      const neigh::Adjacency& way = at(flow);
      found.insert(way.leads_to_ipv6() ? EitherAddress{way.next_hop6} : way.next_hop);
    }
    return found;
  }
  void finish() {
    while (routing4.advance() || routing6.advance()) {
    }
  }

  interface::World world{1, 64};
  routing::NextHops4 next_hops4{world};
  routing::NextHops6 next_hops6{world};
  Routing4 routing4{world, next_hops4};
  Routing6 routing6{world, next_hops6};
};

constexpr Ipv4 kGateway4{192, 0, 2, 2};

}  // namespace

TEST_CASE("an IPv4 route by an IPv6 gateway uses the adjacency that IPv6 publishes") {
  Bed bed;
  const std::size_t free = bed.world.next_hops().free();
  bed.add("10.0.0.0/8", {{.address = kGateway, .port = kB}});
  CHECK(bed.at().kind == AdjacencyKind::kUnresolved);
  CHECK(bed.at().leads_to_ipv6());
  CHECK(bed.at().next_hop6 == kGateway);
  CHECK(bed.routing6.is_gateway({kB, kGateway}));

  REQUIRE(bed.routing6.resolved({kB, kGateway}, mac(2)));
  CHECK(bed.at().kind == AdjacencyKind::kUnicast);
  CHECK(bed.at().port == kB);
  CHECK(&bed.at() == &bed.world.adjacencies()[*bed.routing6.adjacency({kB, kGateway})]);
  // A route of IPv6 shares it.
  bed.add6("2001:db8:1::/48", {{.address = kGateway, .port = kB}});
  CHECK(&bed.at() == &bed.routing6.resolve(address("2001:db8:1::7"), 0));

  bed.routing6.unresolved({kB, kGateway});
  CHECK(bed.at().kind == AdjacencyKind::kUnresolved);
  bed.routing6.removed({kB, kGateway});
  CHECK(bed.at().kind == AdjacencyKind::kUnresolved);
  REQUIRE(bed.routing4.remove({.prefix = prefix("10.0.0.0/8"), .table = {}}));
  CHECK(bed.at().kind == AdjacencyKind::kNoRoute);
  REQUIRE(bed.routing6.remove({.prefix = *Prefix6::parse("2001:db8:1::/48"), .table = {}}));
  bed.world.reclaimer().run_once();
  CHECK(bed.world.next_hops().free() == free);
  CHECK_FALSE(bed.next_hops6.lends());
}

TEST_CASE("gateways of both families share the flows of a route, and those that answer take all") {
  Bed bed;
  bed.add("10.0.0.0/8", {{.address = kGateway4}, {.address = kGateway, .port = kB}});
  const std::set<EitherAddress> both{kGateway4, kGateway};
  CHECK(bed.ways() == both);
  bed.routing6.failed({kB, kGateway});
  bed.finish();
  CHECK(bed.ways() == std::set<EitherAddress>{kGateway4});
  CHECK(bed.routing6.failed_gateways() == std::vector{neigh::Key6{kB, kGateway}});
  REQUIRE(bed.routing6.resolved({kB, kGateway}, mac(2)));
  CHECK(bed.ways() == both);
  bed.routing4.failed({kA, kGateway4});
  CHECK(bed.ways() == std::set<EitherAddress>{kGateway});
  REQUIRE(bed.routing4.resolved({kA, kGateway4}, mac(3)));
  bed.routing6.set_link(kB, false);
  CHECK(bed.ways() == std::set<EitherAddress>{kGateway4});
  bed.routing6.set_link(kB, true);
  CHECK(bed.ways() == both);
}

TEST_CASE("a route by an IPv6 gateway that fails or loses its link gives way to the next metric") {
  Bed bed;
  bed.add("10.0.0.0/8", {{.address = kGateway, .port = kB}}, 1);
  bed.add("10.0.0.0/8", {{.address = kGateway4}}, 2);
  CHECK(bed.at().next_hop6 == kGateway);
  bed.routing6.failed({kB, kGateway});
  bed.finish();
  CHECK(bed.at().next_hop == kGateway4);
  REQUIRE(bed.routing6.resolved({kB, kGateway}, mac(2)));
  bed.finish();
  CHECK(bed.at().next_hop6 == kGateway);
  bed.routing6.set_link(kB, false);
  bed.finish();
  CHECK(bed.at().next_hop == kGateway4);
  bed.routing6.set_link(kB, true);
  bed.finish();
  CHECK(bed.at().next_hop6 == kGateway);
}

TEST_CASE("an IPv6 gateway of an IPv4 route may be reached through a route of IPv6") {
  Bed bed;
  const Ipv6 far = address("2001:db8:9::9");
  CHECK(bed.refused({{.address = far}}) ==
        "10.0.0.0/8: the gateway 2001:db8:9::9 is on no port's subnet, and no route but the "
        "default leads to it");
  bed.add6("2001:db8:9::/48", {{.address = kGateway, .port = kB}});
  bed.add("10.0.0.0/8", {{.address = far}});
  CHECK(bed.at().next_hop6 == kGateway);
  REQUIRE(bed.routing6.resolved({kB, kGateway}, mac(2)));
  CHECK(bed.at().kind == AdjacencyKind::kUnicast);
  bed.add6("2001:db8:9::/64", {{.address = address("2001:db8:a::7")}});
  CHECK(bed.at().next_hop6 == address("2001:db8:a::7"));
  REQUIRE(bed.routing6.remove({.prefix = *Prefix6::parse("2001:db8:9::/64"), .table = {}}));
  REQUIRE(bed.routing6.remove({.prefix = *Prefix6::parse("2001:db8:9::/48"), .table = {}}));
  bed.finish();
  CHECK(bed.at().kind == AdjacencyKind::kUnreachable);
  // Another metric is used instead.
  bed.add("10.0.0.0/8", {{.address = kGateway4}}, 5);
  CHECK(bed.at().next_hop == kGateway4);
  REQUIRE(bed.routing4.remove({.prefix = prefix("10.0.0.0/8"), .table = {}, .metric = 0}));
  CHECK(bed.routing6.gateways().size() == 0);
}

TEST_CASE("an IPv4 gateway on no link follows a route by an IPv6 gateway") {
  Bed bed;
  bed.add("172.16.0.0/16", {{.address = kGateway, .port = kB}});
  bed.add("10.0.0.0/8", {{.address = Ipv4{172, 16, 0, 9}}});
  CHECK(bed.at().kind == AdjacencyKind::kUnresolved);
  CHECK(bed.at().next_hop6 == kGateway);
  REQUIRE(bed.routing6.resolved({kB, kGateway}, mac(2)));
  CHECK(bed.at().kind == AdjacencyKind::kUnicast);
  bed.routing6.unresolved({kB, kGateway});
  CHECK(bed.at().kind == AdjacencyKind::kUnresolved);
  bed.add("172.16.0.0/24", {{.address = kGateway4}});
  CHECK(bed.at().next_hop == kGateway4);
}

TEST_CASE("next hops of both families together stand one behind the other up to a limit") {
  Bed bed;
  // The gateway of each route is reached through the route before it.
  bed.add6("2001:db8:100::/48", {{.address = kGateway, .port = kB}});
  for (unsigned i = 1; i < 8; ++i) {
    const std::string to = "2001:db8:10" + std::to_string(i) + "::/48";
    const std::string via = "2001:db8:10" + std::to_string(i - 1) + "::1";
    bed.add6(to.c_str(), {{.address = address(via.c_str())}});
  }
  // IPv6's next hops are those of fe80::2 and of the gateways up to 2001:db8:106::1: 8, the limit.
  bed.add("172.16.0.0/16", {{.address = address("2001:db8:105::1")}});
  bed.add("10.0.0.0/8", {{.address = Ipv4{172, 16, 0, 9}}});
  CHECK(bed.at().next_hop6 == kGateway);
  bed.add("172.16.0.0/24", {{.address = address("2001:db8:106::1")}});
  CHECK(bed.routing4.resolve({172, 16, 0, 9}, 0).next_hop6 == kGateway);
  // The one through which all lead fits, the one that is one longer is passed over.
  CHECK(bed.routing4.gateways().at({172, 16, 0, 9}).through->prefix == prefix("172.16.0.0/16"));
  CHECK(bed.at().next_hop6 == kGateway);
}

TEST_CASE(
    "an IPv6 gateway that is none is refused, and the router's own address cannot become one") {
  Bed bed;
  CHECK(bed.refused({{.address = kGateway}}) ==
        "10.0.0.0/8: the gateway fe80::2 is on every link; say on which port");
  CHECK(bed.refused({{.address = address("2001:db8:a::1")}}) ==
        "10.0.0.0/8: the gateway 2001:db8:a::1 is this router's own address");
  CHECK(bed.refused({{.address = address("ff02::1"), .port = kA}}) ==
        "10.0.0.0/8: the gateway ff02::1 is no host's address");
  CHECK(bed.refused({{.address = kGateway, .port = kA}, {.address = kGateway, .port = kA}}) ==
        "10.0.0.0/8: the gateway fe80::2 is there twice; give it a weight instead");
  const Ipv6 neighbor = address("2001:db8:a::7");
  const auto is_it = [&](Ipv6 gateway) { return gateway == neighbor; };
  CHECK_FALSE(bed.routing6.has_gateway(is_it));
  bed.add("10.0.0.0/8", {{.address = neighbor}});
  CHECK(bed.routing6.has_gateway(is_it));
  CHECK(bed.at().port == kA);
  CHECK(bed.routing4.binds(kA));
  CHECK_FALSE(bed.routing4.binds(kB));

  REQUIRE(bed.routing4.remove(
      {.prefix = prefix("10.0.0.0/8"), .table = {}, .vias = {{.address = neighbor}}}));
  CHECK(bed.at().kind == AdjacencyKind::kNoRoute);
}
