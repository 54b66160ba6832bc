// SPDX-License-Identifier: BSD-3-Clause
// Routes of IPv6 beside those of IPv4, in one world. Tables only, no port.
#include <catch2/catch.hpp>
#include <set>
#include <utility>
#include <vector>

#include "routing/routing.hpp"
#include "routing/static_routes.hpp"
#include "two_ports.hpp"

using namespace ringroad;
using namespace ringroad::test;
using neigh::AdjacencyKind;
using routing::Routing4;
using routing::Routing6;

namespace {

Prefix6 prefix(const char* text) { return Prefix6::parse(text).value(); }

struct Bed {
  Bed() {
    world.add_port({.id = kA,
                    .name = "a",
                    .mac = mac(1),
                    .addresses = {{{192, 0, 2, 1}, 24}},
                    .addresses6 = {{address("2001:db8:a::1"), 64}}});
    world.add_port(
        {.id = kB, .name = "b", .mac = mac(1), .addresses6 = {{address("2001:db8:b::1"), 64}}});
    routing4.add_fixed_routes();
    routing6.add_fixed_routes();
    REQUIRE(routing4.sync_connected());
    REQUIRE(routing6.sync_connected());
  }

  void add(const char* to, std::vector<Routing6::Via> vias) {
    const Status status = routing6.add({.prefix = prefix(to), .vias = std::move(vias)});
    INFO((status ? "" : status.error().what));
    REQUIRE(status);
  }
  [[nodiscard]] const neigh::Adjacency& at(const char* destination, std::uint32_t flow = 0) {
    return routing6.resolve(address(destination), flow);
  }

  interface::World world{1, 64};
  routing::NextHops4 next_hops4{world};
  routing::NextHops6 next_hops6{world};
  Routing4 routing4{world, next_hops4};
  Routing6 routing6{world, next_hops6};
};

}  // namespace

TEST_CASE("a route of IPv6 leads to its gateway, whose frames are IPv6's") {
  Bed bed;
  const Ipv6 gateway = address("2001:db8:a::2");
  bed.add("2001:db8:1::/48", {{gateway}});
  CHECK(bed.at("2001:db8:1::7").kind == AdjacencyKind::kUnresolved);
  CHECK(bed.at("2001:db8:1::7").next_hop6 == gateway);
  REQUIRE(bed.routing6.resolved({kA, gateway}, mac(2)));
  const neigh::Adjacency& there = bed.at("2001:db8:1::7");
  CHECK(there.kind == AdjacencyKind::kUnicast);
  CHECK(there.port == kA);
  CHECK(there.header == neigh::ethernet_header(mac(2), mac(1), 0x86dd));
  CHECK(bed.at("2001:db8:2::7").kind == AdjacencyKind::kNoRoute);

  SECTION("and is passed over while the port has no link") {
    bed.add("2001:db8::/32", {{address("2001:db8:b::2")}});
    bed.routing6.set_link(kA, false);
    CHECK(bed.at("2001:db8:1::7").next_hop6 == address("2001:db8:b::2"));
    bed.routing6.set_link(kA, true);
    CHECK(bed.at("2001:db8:1::7").next_hop6 == gateway);
  }
  SECTION("and takes on the port's new MAC") {
    bed.world.set_mac(kA, mac(9));
    bed.routing6.renew(kA);
    while (bed.routing6.advance()) {
    }
    CHECK(bed.at("2001:db8:1::7").header == neigh::ethernet_header(mac(2), mac(9), 0x86dd));
  }
}

TEST_CASE("an address of IPv6 brings its subnet and no broadcast address") {
  Bed bed;
  CHECK(bed.at("2001:db8:a::1").kind == AdjacencyKind::kLocal);
  CHECK(bed.at("2001:db8:a::").kind == AdjacencyKind::kLocal);  // of every router (RFC 4291 2.6.1)
  CHECK(bed.at("2001:db8:a:0:ffff:ffff:ffff:ffff").kind == AdjacencyKind::kGlean);
  CHECK(bed.at("::1").kind == AdjacencyKind::kMartian);
  CHECK(bed.at("::").kind == AdjacencyKind::kMartian);
  CHECK(bed.at("ff02::1").kind == AdjacencyKind::kMulticast);

  // A host on the link has a route of its own once it is resolved.
  const Ipv6 host = address("2001:db8:a::50");
  REQUIRE(bed.routing6.resolved({kA, host}, mac(5)));
  CHECK(bed.at("2001:db8:a::50").kind == AdjacencyKind::kUnicast);
  bed.routing6.removed({kA, host});
  CHECK(bed.at("2001:db8:a::50").kind == AdjacencyKind::kGlean);
}

TEST_CASE("a gateway of IPv6 on no link is reached through the route that covers it") {
  Bed bed;
  bed.add("2001:db8:9::/48", {{address("2001:db8:a::2")}});
  bed.add("2001:db8:1::/48", {{address("2001:db8:9::9")}, {address("2001:db8:b::2")}});
  const auto ways = [&] {
    std::set<Ipv6> found;
    for (std::uint32_t flow = 0; flow < 64; ++flow) {
      found.insert(bed.at("2001:db8:1::7", flow).next_hop6);
    }
    return found;
  };
  CHECK(ways() == std::set{address("2001:db8:a::2"), address("2001:db8:b::2")});
  CHECK(bed.routing6.gateways().at(address("2001:db8:9::9")).through->prefix ==
        prefix("2001:db8:9::/48"));
  bed.routing6.failed({kB, address("2001:db8:b::2")});
  CHECK(ways() == std::set{address("2001:db8:a::2")});
  CHECK(bed.routing6.failed_gateways() == std::vector{neigh::Key6{kB, address("2001:db8:b::2")}});
}

TEST_CASE("both families take their next hops from one table and share those of every router") {
  Bed bed;
  const auto four = bed.next_hops4.acquire({kA, {192, 0, 2, 9}});
  const auto six = bed.next_hops6.acquire({kA, address("2001:db8:a::9")});
  REQUIRE(four);
  REQUIRE(six);
  CHECK(*four != *six);
  CHECK(bed.next_hops4.fixed(AdjacencyKind::kBlackhole) ==
        bed.next_hops6.fixed(AdjacencyKind::kBlackhole));
  CHECK(bed.next_hops6.fixed(AdjacencyKind::kNoRoute) == fib::kNoRoute);

  // A change in one family does not affect the other.
  REQUIRE(bed.next_hops4.publish(*four, mac(4)));
  REQUIRE(bed.next_hops6.publish(*six, mac(6)));
  bed.next_hops6.unpublish(*six);
  CHECK(bed.next_hops4.is_published(*four));
  CHECK(bed.world.adjacencies()[bed.next_hops4.adjacency(*four)].header ==
        neigh::ethernet_header(mac(4), mac(1), 0x0800));
  CHECK(bed.routing4.rib().size() != bed.routing6.rib().size());
}

TEST_CASE("a route of IPv6 that is no unicast route's or whose gateway is no host's is refused") {
  Bed bed;
  const auto refused = [&](const char* to, const char* via) {
    const Status status = bed.routing6.add({.prefix = prefix(to), .vias = {{address(via)}}});
    REQUIRE_FALSE(status);
    return status.error().what;
  };
  CHECK(refused("ff00::/16", "2001:db8:a::2") == "ff00::/16 is not a unicast prefix");
  CHECK(refused("2001:db8:1::/48", "ff02::1") ==
        "2001:db8:1::/48: the gateway ff02::1 is no host's address");
  CHECK(refused("2001:db8:1::/48", "2001:db8:a::1") ==
        "2001:db8:1::/48: the gateway 2001:db8:a::1 is this router's own address");
}

TEST_CASE("static routes of IPv6 are noted as those of IPv4") {
  routing::StaticRoutes6 routes;
  const routing::StaticRoutes6::Key key{fib::Table::kMain, prefix("2001:db8:1::/48"), 0};
  const fib::Path6 path{.next_hops = {{.via = address("2001:db8:a::2"), .port = kA}}};
  routes.note(key, std::nullopt, path);
  CHECK(routes.listed().contains(key));
  routes.note(key, path, std::nullopt);
  CHECK(routes.listed().empty());
  CHECK(routes.files_are_true());
}
