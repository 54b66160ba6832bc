// SPDX-License-Identifier: BSD-3-Clause
// Which routes are used when links, neighbors and other routes change. This uses tables only, no
// port.
#include "routing/routing.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace ringroad;
using neigh::AdjacencyKind;
using routing::Routing4;

namespace {

constexpr InterfaceId kA{0};
constexpr InterfaceId kB{1};
constexpr InterfaceId kC{2};
constexpr Ipv4 kFar{10, 9, 9, 9};  // on no link
constexpr Ipv4 kTarget{172, 16, 5, 5};

Ipv4 host(InterfaceId port, std::uint8_t number) {
  return {192, 168, static_cast<std::uint8_t>(port.value()), number};
}
Prefix4 prefix(const char* text) { return Prefix4::parse(text).value(); }
Mac mac(std::uint8_t number) { return Mac{{2, 0, 0, 0, 0, number}}; }

struct Bed {
  Bed() {
    for (const InterfaceId port : {kA, kB, kC}) {
      world.add_port({.id = port,
                      .name = std::string(1, static_cast<char>('a' + port.value())),
                      .mac = mac(1),
                      .mtu = 1500,
                      .addresses = {{host(port, 1), 24}}});
    }
    routing.add_fixed_routes();
    REQUIRE(routing.sync_connected());
  }

  [[nodiscard]] Status try_add(const char* to, std::vector<Routing4::Via> vias,
                               std::uint32_t metric = 0) {
    return routing.add({.prefix = prefix(to), .vias = std::move(vias), .metric = metric});
  }
  void add(const char* to, Ipv4 via, std::uint32_t metric = 0) {
    const Status status = try_add(to, {{via}}, metric);
    INFO((status ? "" : status.error().what));
    REQUIRE(status);
  }
  void erase(const char* to, std::uint32_t metric = 0) {
    fib::RouteSelector4 selector{};
    selector.prefix = prefix(to);
    selector.metric = metric;
    REQUIRE(routing.erase(selector));
  }
  void answers(Ipv4 neighbor, InterfaceId port) {
    REQUIRE(routing.resolved({port, neighbor}, mac(neighbor.value() & 0xffU)));
  }
  void fails(Ipv4 neighbor, InterfaceId port) {
    routing.failed({port, neighbor});
    routing.unresolved({port, neighbor});
  }
  // Returns the adjacency that a packet gets.
  [[nodiscard]] const neigh::Adjacency& at(Ipv4 destination) const {
    return routing.resolve(destination, 0);
  }
  [[nodiscard]] Ipv4 neighbor_of(Ipv4 destination) const { return at(destination).next_hop; }

  interface::World world{1, 1024};
  routing::NextHops4 next_hops{world};
  Routing4 routing{world, next_hops};
};

}  // namespace

TEST_CASE("a gateway that is on no link is reached through the route that covers it") {
  Bed bed;
  CHECK(bed.try_add("172.16.0.0/12", {{kFar}}).error().what ==
        "172.16.0.0/12: the gateway 10.9.9.9 is on no port's subnet, and no route but the default "
        "leads to it");
  bed.add("default", host(kA, 2));
  CHECK_FALSE(bed.try_add("172.16.0.0/12", {{kFar}}));

  bed.add("10.0.0.0/8", host(kA, 2));
  bed.add("172.16.0.0/12", kFar);
  CHECK(bed.neighbor_of(kTarget) == host(kA, 2));
  // The gateway is reached through a route with a longer prefix, then through one with a lower
  // metric, until these are removed again.
  bed.add("10.9.0.0/16", host(kB, 3), 5);
  CHECK(bed.neighbor_of(kTarget) == host(kB, 3));
  bed.add("10.9.0.0/16", host(kC, 4), 4);
  CHECK(bed.neighbor_of(kTarget) == host(kC, 4));
  bed.erase("10.9.0.0/16", 4);
  CHECK(bed.neighbor_of(kTarget) == host(kB, 3));
  bed.erase("10.9.0.0/16", 5);
  CHECK(bed.neighbor_of(kTarget) == host(kA, 2));
  CHECK(bed.routing.gateways().at(kFar).through->prefix == prefix("10.0.0.0/8"));
}

TEST_CASE("a gateway that becomes connected is its own neighbor") {
  Bed bed;
  bed.add("10.0.0.0/8", host(kA, 2));
  bed.add("172.16.0.0/12", kFar);
  bed.world.set_addresses(kB, {{host(kB, 1), 24}, {{10, 9, 9, 1}, 24}});
  REQUIRE(bed.routing.sync_connected());
  CHECK(bed.neighbor_of(kTarget) == kFar);
  CHECK(bed.at(kTarget).port == kB);
}

TEST_CASE("where no route leads to the gateway the next best is taken, else unreachable answers") {
  Bed bed;
  bed.add("default", host(kA, 2));
  bed.add("10.9.0.0/16", host(kB, 3));
  bed.add("172.16.0.0/16", kFar);
  bed.add("172.17.0.0/16", kFar);
  bed.add("172.17.0.0/16", host(kC, 4), 10);
  CHECK(bed.neighbor_of({172, 17, 0, 1}) == host(kB, 3));
  bed.erase("10.9.0.0/16");
  CHECK(bed.at(kTarget).kind == AdjacencyKind::kUnreachable);
  CHECK(bed.neighbor_of({172, 17, 0, 1}) == host(kC, 4));
  bed.add("10.0.0.0/8", host(kB, 5));
  CHECK(bed.neighbor_of(kTarget) == host(kB, 5));
  CHECK(bed.neighbor_of({172, 17, 0, 1}) == host(kB, 5));
}

TEST_CASE("a gateway behind a blackhole is swallowed with it") {
  Bed bed;
  REQUIRE(bed.routing.add(
      {.prefix = prefix("10.9.0.0/16"), .type = RouteType::kBlackhole, .vias = {}}));
  bed.add("172.16.0.0/16", kFar);
  CHECK(bed.at(kTarget).kind == AdjacencyKind::kBlackhole);
}

TEST_CASE("a route does not lead to its own gateway, nor do two to each other's") {
  Bed bed;
  bed.add("10.0.0.0/8", host(kA, 2));
  bed.add("10.9.0.0/16", kFar);
  CHECK(bed.neighbor_of({10, 9, 1, 1}) == host(kA, 2));
  bed.add("10.8.0.0/16", {10, 9, 1, 1});
  CHECK(bed.neighbor_of({10, 8, 0, 1}) == host(kA, 2));
  // The longest route to 10.9.9.9 would now lead through 10.9.1.1, which is reached through
  // 10.9.9.9.
  bed.add("10.9.9.0/24", {10, 9, 1, 1});
  CHECK(bed.neighbor_of({10, 9, 9, 9}) == host(kA, 2));
  CHECK(bed.neighbor_of({10, 9, 1, 1}) == host(kA, 2));
  bed.erase("10.0.0.0/8");
  CHECK(bed.at({10, 9, 9, 9}).kind == AdjacencyKind::kUnreachable);
  CHECK(bed.at({10, 8, 0, 1}).kind == AdjacencyKind::kUnreachable);
  bed.add("10.0.0.0/8", host(kB, 2));
  CHECK(bed.neighbor_of({10, 9, 9, 9}) == host(kB, 2));
  CHECK(bed.neighbor_of({10, 8, 0, 1}) == host(kB, 2));
}

TEST_CASE("a group may have gateways near and far") {
  Bed bed;
  bed.add("10.9.0.0/16", host(kB, 3));
  REQUIRE(bed.try_add("172.16.0.0/16", {{kFar}, {host(kA, 2)}}));
  const auto ways = [&] {
    std::set<Ipv4> found;
    for (std::uint32_t flow = 0; flow < 64; ++flow) {
      found.insert(bed.routing.resolve(kTarget, flow).next_hop);
    }
    return found;
  };
  CHECK(ways() == std::set{host(kA, 2), host(kB, 3)});
  bed.erase("10.9.0.0/16");
  CHECK(ways() == std::set{host(kA, 2)});
  bed.add("10.9.0.0/16", host(kC, 3));
  CHECK(ways() == std::set{host(kA, 2), host(kC, 3)});
}

TEST_CASE("gateways that no route names any more are forgotten") {
  Bed bed;
  bed.add("10.0.0.0/8", host(kA, 2));
  bed.add("10.9.0.0/16", {10, 1, 1, 1});
  bed.add("172.16.0.0/16", kFar);
  CHECK(bed.routing.gateways().size() == 2);
  bed.erase("172.16.0.0/16");
  CHECK(bed.routing.gateways().size() == 1);
  bed.erase("10.9.0.0/16");
  CHECK(bed.routing.gateways().size() == 0);
}

TEST_CASE("a port without a link is passed over: the next metric, else the covering prefix") {
  Bed bed;
  bed.add("default", host(kC, 9));
  bed.add("172.16.0.0/12", host(kC, 4));
  bed.add("172.16.0.0/16", host(kA, 2), 1);
  bed.add("172.16.0.0/16", host(kB, 2), 2);
  bed.answers(host(kA, 7), kA);
  bed.routing.set_link(kA, false);
  CHECK(bed.neighbor_of(kTarget) == host(kB, 2));
  // The subnet and its neighbors are unusable too, but not the router's own address.
  CHECK(bed.neighbor_of(host(kA, 7)) == host(kC, 9));
  CHECK(bed.neighbor_of(host(kA, 8)) == host(kC, 9));
  CHECK(bed.at(host(kA, 1)).kind == AdjacencyKind::kLocal);
  bed.routing.set_link(kB, false);
  CHECK(bed.neighbor_of(kTarget) == host(kC, 4));

  bed.routing.set_link(kB, true);
  CHECK(bed.neighbor_of(kTarget) == host(kB, 2));
  bed.routing.set_link(kA, true);
  CHECK(bed.neighbor_of(kTarget) == host(kA, 2));
  CHECK(bed.at(host(kA, 7)).kind == AdjacencyKind::kUnicast);
  CHECK(bed.at(host(kA, 8)).kind == AdjacencyKind::kGlean);
}

TEST_CASE("a gateway that does not answer is passed over where the prefix has another") {
  Bed bed;
  bed.add("172.16.0.0/12", host(kC, 4));
  bed.add("172.16.0.0/16", host(kA, 2), 1);
  bed.answers(host(kA, 2), kA);
  bed.fails(host(kA, 2), kA);
  // The prefix has no other gateway, so this one is solicited and its packets fail.
  CHECK(bed.neighbor_of(kTarget) == host(kA, 2));
  bed.add("172.16.0.0/16", host(kB, 2), 2);
  CHECK(bed.neighbor_of(kTarget) == host(kB, 2));
  CHECK(bed.routing.failed_gateways() == std::vector{neigh::Key4{kA, host(kA, 2)}});
  bed.answers(host(kA, 2), kA);
  CHECK(bed.neighbor_of(kTarget) == host(kA, 2));
  CHECK(bed.routing.failed_gateways().empty());

  // A host that answered once but is no route's gateway is not listed.
  bed.answers(host(kA, 50), kA);
  bed.fails(host(kA, 50), kA);
  CHECK(bed.routing.failed_gateways().empty());
}

TEST_CASE("a route is erased by its gateway, and by no other") {
  Bed bed;
  REQUIRE(bed.try_add("172.16.0.0/16", {{host(kA, 2)}, {host(kB, 2)}}));
  fib::RouteSelector4 selector{};
  selector.prefix = prefix("172.16.0.0/16");
  selector.metric = 0;
  selector.via = host(kC, 2);
  CHECK_FALSE(bed.routing.erase(selector));
  selector.via = host(kA, 2);
  CHECK(bed.routing.erase(selector));
  CHECK(bed.neighbor_of(kTarget) == host(kB, 2));
}

TEST_CASE("a gateway follows the route behind the one that leads through itself") {
  Bed bed;
  bed.add("10.9.0.0/16", host(kA, 2), 5);
  bed.add("172.16.0.0/16", kFar);
  bed.add("10.9.0.0/16", kFar, 1);  // used for packets to that prefix, but not to reach the gateway
  CHECK(bed.neighbor_of(kTarget) == host(kA, 2));
  bed.add("10.9.0.0/16", host(kB, 2), 4);
  CHECK(bed.neighbor_of(kTarget) == host(kB, 2));
  SECTION("as it goes") {
    bed.erase("10.9.0.0/16", 4);
    CHECK(bed.neighbor_of(kTarget) == host(kA, 2));
    bed.erase("10.9.0.0/16", 5);
    CHECK(bed.at(kTarget).kind == AdjacencyKind::kUnreachable);
  }
  SECTION("as its port's link goes and comes") {
    bed.routing.set_link(kB, false);
    CHECK(bed.neighbor_of(kTarget) == host(kA, 2));
    bed.routing.set_link(kB, true);
    CHECK(bed.neighbor_of(kTarget) == host(kB, 2));
  }
}

TEST_CASE("a gateway that another was reached through goes with its route") {
  Bed bed;
  bed.add("10.8.0.0/16", host(kA, 2));
  bed.add("10.9.0.0/16", host(kB, 2));
  bed.add("172.16.0.0/16", kFar);
  CHECK(bed.routing.gateways().size() == 1);
  bed.add("10.9.9.9/32", {10, 8, 8, 8});
  CHECK(bed.neighbor_of(kTarget) == host(kA, 2));
  CHECK(bed.routing.gateways().size() == 2);
  bed.erase("10.9.9.9/32");
  CHECK(bed.neighbor_of(kTarget) == host(kB, 2));
  CHECK(bed.routing.gateways().size() == 1);
}

TEST_CASE("a gateway that failed is still known to while no route names it") {
  Bed bed;
  bed.add("172.16.0.0/16", host(kA, 2), 1);
  bed.add("172.16.0.0/16", host(kB, 2), 2);
  bed.routing.failed({kA, host(kA, 2)});
  bed.erase("172.16.0.0/16", 1);
  CHECK(bed.routing.failed_gateways().empty());
  bed.add("172.16.0.0/16", host(kA, 2), 1);
  CHECK(bed.neighbor_of(kTarget) == host(kB, 2));
  CHECK(bed.routing.failed_gateways() == std::vector{neigh::Key4{kA, host(kA, 2)}});

  bed.erase("172.16.0.0/16", 1);
  bed.routing.removed({kA, host(kA, 2)});
  bed.add("172.16.0.0/16", host(kA, 2), 1);
  CHECK(bed.neighbor_of(kTarget) == host(kA, 2));
}

TEST_CASE("another way to a far gateway touches none of the routes by it") {
  constexpr std::uint32_t kRoutes = 500'000;
  Bed bed;
  bed.add("192.0.2.0/24", host(kA, 2));  // keeps the neighbor's next hop in use
  bed.add("10.9.0.0/16", host(kA, 2), 1);
  bed.add("10.9.0.0/16", host(kB, 2), 2);
  const std::vector paths{bed.routing.path_via(kFar).value()};
  const std::vector spare{bed.routing.path_via(host(kC, 2)).value()};
  std::vector<fib::Rib4::Batch::Entry> entries;
  for (std::uint32_t i = 0; i < kRoutes; ++i) {
    entries.push_back({{Ipv4{(20U << 24) + (i << 8)}, 24}, 0});
  }
  REQUIRE(bed.routing.add({.metric = 1, .paths = paths, .entries = entries}));
  // Each prefix has a second route, so a moment in which the gateway seems lost would be noticed.
  REQUIRE(bed.routing.add({.metric = 2, .paths = spare, .entries = entries}));
  const Ipv4 last{entries.back().prefix.address()};
  CHECK(bed.neighbor_of(last) == host(kA, 2));

  const auto slots = [&] {
    std::vector<AdjacencyId> found;
    for (std::uint32_t id = 0; id < 64; ++id) {
      found.push_back(bed.world.next_hops().resolve(NextHopId{id}, [] { return 0U; }));
    }
    return found;
  };
  const auto count = [&](auto change) {
    const auto before = slots();
    const std::uint64_t told = bed.routing.trie_changes();
    const auto start = std::chrono::steady_clock::now();
    change();
    while (bed.routing.advance()) {
    }
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - start;
    const auto after = slots();
    std::size_t stores = 0;
    for (std::size_t i = 0; i < before.size(); ++i) {
      stores += before[i] != after[i] ? 1U : 0U;
    }
    const std::uint64_t changes = bed.routing.trie_changes() - told;
    UNSCOPED_INFO(took.count() << " us, " << changes << " prefixes, " << stores << " next hops");
    return std::pair{changes, stores};
  };
  using Counts = std::pair<std::uint64_t, std::size_t>;
  // Only the prefix of the route to the gateway changes in the trie.
  CHECK(count([&] { bed.erase("10.9.0.0/16", 1); }) == Counts{1, 1});
  CHECK(bed.neighbor_of(last) == host(kB, 2));
  CHECK(count([&] { bed.add("10.9.0.0/16", host(kA, 2), 1); }) == Counts{1, 1});
  CHECK(bed.neighbor_of(last) == host(kA, 2));
  // The port's subnet and the other route through that neighbor change too.
  CHECK(count([&] { bed.routing.set_link(kA, false); }) == Counts{3, 1});
  CHECK(bed.neighbor_of(last) == host(kB, 2));
  CHECK(count([&] { bed.routing.set_link(kA, true); }) == Counts{3, 1});
  CHECK(count([&] { bed.fails(host(kA, 2), kA); }) == Counts{1, 1});
  CHECK(bed.neighbor_of(last) == host(kB, 2));
  // The routes themselves change only if no route leads to the gateway any more.
  bed.erase("10.9.0.0/16", 1);
  CHECK(count([&] { bed.erase("10.9.0.0/16", 2); }).first == kRoutes + 1);
  CHECK(bed.neighbor_of(last) == host(kC, 2));
}
