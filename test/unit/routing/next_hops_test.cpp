// SPDX-License-Identifier: BSD-3-Clause
#include "routing/next_hops.hpp"

#include <array>
#include <catch2/catch.hpp>
#include <set>
#include <vector>

using namespace ringroad;
using neigh::AdjacencyKind;
using routing::NextHops4;

namespace {

constexpr InterfaceId kPort{0};
constexpr InterfaceId kOther{1};
constexpr std::uint32_t kFlows = 1024;

neigh::Key4 key(std::uint8_t number, InterfaceId port = kPort) {
  return {port, {10, static_cast<std::uint8_t>(port.value()), 0, number}};
}
Mac mac(std::uint8_t number) { return Mac{{2, 0, 0, 0, 0, number}}; }

struct Bed {
  Bed() {
    for (const InterfaceId port : {kPort, kOther}) {
      world.add_port({.id = port,
                      .name = port == kPort ? "a" : "b",
                      .mac = mac(1),
                      .mtu = 1500,
                      .addresses = {{key(1, port).address, 24}}});
    }
  }

  // Returns the next hop of a resolved neighbor.
  NextHopId resolved(std::uint8_t number, InterfaceId port = kPort) {
    const NextHopId id = *next_hops.acquire(key(number, port));
    CHECK(next_hops.publish(id, mac(number)));
    return id;
  }
  [[nodiscard]] const neigh::Adjacency& resolve(NextHopId id, std::uint32_t flow = 0) {
    return world.adjacencies()[world.next_hops().resolve(id, [&] { return flow; })];
  }
  // Returns the last octets of the neighbors that flows use; 0 stands for anything that is no
  // neighbor.
  [[nodiscard]] std::set<int> ways(NextHopId id) {
    std::set<int> ways;
    for (std::uint32_t flow = 0; flow < kFlows; ++flow) {
      const neigh::Adjacency& adjacency = resolve(id, flow * 0x9e3779b1U);
      ways.insert(static_cast<int>(adjacency.next_hop.value() & 0xffU));
    }
    return ways;
  }

  interface::World world{1, 64};
  NextHops4 next_hops{world};
};

using Ways = std::set<int>;

}  // namespace

TEST_CASE("a gateway that no route reaches is unreachable until it has a target") {
  Bed bed;
  const NextHopId recursive = *bed.next_hops.acquire_recursive({192, 0, 2, 1});
  CHECK(bed.resolve(recursive).kind == AdjacencyKind::kUnreachable);
  CHECK(bed.next_hops.acquire_recursive({192, 0, 2, 1}) == recursive);
  CHECK(bed.next_hops.acquire_recursive({192, 0, 2, 2}) != recursive);

  const NextHopId neighbor = bed.resolved(7);
  REQUIRE(bed.next_hops.set_recursive(recursive, neighbor));
  CHECK(bed.ways(recursive) == Ways{7});
  REQUIRE(bed.next_hops.set_recursive(recursive, bed.next_hops.fixed(AdjacencyKind::kBlackhole)));
  CHECK(bed.resolve(recursive).kind == AdjacencyKind::kBlackhole);
}

TEST_CASE("a change far below reaches every recursive next hop above it") {
  Bed bed;
  const NextHopId neighbor = *bed.next_hops.acquire(key(7));
  const NextHopId near = *bed.next_hops.acquire_recursive({192, 0, 2, 1});
  const NextHopId far = *bed.next_hops.acquire_recursive({198, 51, 100, 1});
  REQUIRE(bed.next_hops.set_recursive(far, near));
  REQUIRE(bed.next_hops.set_recursive(near, neighbor));
  CHECK(bed.resolve(far).kind == AdjacencyKind::kUnresolved);
  for (const std::uint8_t number : std::array<std::uint8_t, 2>{3, 4}) {
    REQUIRE(bed.next_hops.publish(neighbor, mac(number)));
    CHECK(bed.resolve(far).header[5] == number);
    CHECK(bed.resolve(near).header[5] == number);
  }
  bed.next_hops.unpublish(neighbor);
  CHECK(bed.resolve(far).kind == AdjacencyKind::kUnresolved);

  SECTION("a group below too, and one that gets more buckets") {
    const NextHopId group = *bed.next_hops.acquire_group({{bed.resolved(8)}, {bed.resolved(9)}});
    REQUIRE(bed.next_hops.set_recursive(near, group));
    CHECK(bed.ways(far) == Ways{8, 9});
    NextHops4::Paths paths;
    Ways expected;
    for (std::uint8_t number = 20; number < 40; ++number) {
      paths.push_back({bed.resolved(number)});
      expected.insert(number);
    }
    REQUIRE(bed.next_hops.set_group(group, paths));
    CHECK(bed.world.next_hops().buckets(group) == 512);
    CHECK(bed.ways(far) == expected);
    CHECK(bed.ways(group) == expected);
  }
}

TEST_CASE("next hops that lead to themselves are refused and nothing changes") {
  Bed bed;
  const NextHopId neighbor = bed.resolved(7);
  const NextHopId a = *bed.next_hops.acquire_recursive({192, 0, 2, 1});
  const NextHopId b = *bed.next_hops.acquire_recursive({192, 0, 2, 2});
  const NextHopId group = *bed.next_hops.acquire_group({{a}, {neighbor}});
  CHECK_FALSE(bed.next_hops.set_recursive(a, a));
  CHECK_FALSE(bed.next_hops.set_recursive(a, group));
  REQUIRE(bed.next_hops.set_recursive(b, group));
  const Status loop = bed.next_hops.set_recursive(a, b);
  REQUIRE_FALSE(loop);
  CHECK(loop.error().what == "gateway 192.0.2.1: it is reached through itself");
  CHECK_FALSE(bed.next_hops.set_group(group, {{b}, {neighbor}}));
  CHECK(bed.resolve(a).kind == AdjacencyKind::kUnreachable);
  CHECK(bed.ways(b) == Ways{7});
  // Once the loop is broken, it may be closed in another place.
  REQUIRE(bed.next_hops.set_recursive(b, neighbor));
  CHECK(bed.next_hops.set_recursive(a, b));
}

TEST_CASE("next hops may stand one behind the other up to a limit, whatever the order") {
  Bed bed;
  std::vector<NextHopId> chain{bed.resolved(7)};
  for (std::uint8_t i = 1; i <= 8; ++i) {
    chain.push_back(*bed.next_hops.acquire_recursive({192, 0, 2, i}));
  }
  SECTION("from below") {
    for (std::size_t i = 1; i < 8; ++i) {
      REQUIRE(bed.next_hops.set_recursive(chain[i], chain[i - 1]));
    }
    CHECK(bed.ways(chain[7]) == Ways{7});
    CHECK_FALSE(bed.next_hops.set_recursive(chain[8], chain[7]));
    CHECK_FALSE(bed.next_hops.acquire_group({{chain[7]}, {chain[0]}}));
  }
  SECTION("from above") {
    // A recursive next hop without a target has `unreachable` below it.
    for (std::size_t i = 8; i > 2; --i) {
      REQUIRE(bed.next_hops.set_recursive(chain[i], chain[i - 1]));
    }
    CHECK_FALSE(bed.next_hops.set_recursive(chain[2], chain[1]));
  }
}

TEST_CASE("a failed neighbor's share goes to the others until it answers again") {
  Bed bed;
  const NextHopId a = bed.resolved(1);
  const NextHopId b = bed.resolved(2);
  const NextHopId group = *bed.next_hops.acquire_group({{a}, {b}});
  CHECK(bed.ways(group) == Ways{1, 2});
  bed.next_hops.neighbor_failed(key(1));
  bed.next_hops.unpublish(a);
  CHECK(bed.ways(group) == Ways{2});
  CHECK(bed.next_hops.failed_neighbors() == std::vector{key(1)});

  SECTION("a group made meanwhile knows") {
    const NextHopId other = *bed.next_hops.acquire_group({{a}, {b}, {bed.resolved(3)}});
    CHECK(bed.ways(other) == Ways{2, 3});
  }
  SECTION("a link that comes back does not make it answer") {
    bed.next_hops.set_link(kPort, false);
    CHECK(bed.next_hops.failed_neighbors().empty());
    CHECK(bed.ways(group) == Ways{1, 2});
    bed.next_hops.set_link(kPort, true);
    CHECK(bed.ways(group) == Ways{2});
  }
  REQUIRE(bed.next_hops.publish(a, mac(1)));
  CHECK(bed.ways(group) == Ways{1, 2});
  CHECK(bed.next_hops.failed_neighbors().empty());
}

TEST_CASE("groups send nothing to ports without a link") {
  Bed bed;
  const NextHopId group =
      *bed.next_hops.acquire_group({{bed.resolved(1)}, {bed.resolved(2, kOther)}});
  bed.next_hops.set_link(kOther, false);
  CHECK(bed.ways(group) == Ways{1});
  const NextHopId late =
      *bed.next_hops.acquire_group({{bed.resolved(3)}, {bed.resolved(4, kOther)}});
  CHECK(bed.ways(late) == Ways{3});
  bed.next_hops.set_link(kOther, true);
  CHECK(bed.ways(group) == Ways{1, 2});
  CHECK(bed.ways(late) == Ways{3, 4});
}

TEST_CASE("a group does without a recursive member whose every way failed") {
  Bed bed;
  const NextHopId a = *bed.next_hops.acquire_recursive({192, 0, 2, 1});
  const NextHopId b = *bed.next_hops.acquire_recursive({192, 0, 2, 2});
  const NextHopId top = *bed.next_hops.acquire_group({{a}, {b}});
  const NextHopId below = *bed.next_hops.acquire_group({{bed.resolved(1)}, {bed.resolved(2)}});
  REQUIRE(bed.next_hops.set_recursive(b, bed.resolved(3)));
  CHECK(bed.ways(top) == Ways{3});
  REQUIRE(bed.next_hops.set_recursive(a, below));
  CHECK(bed.ways(top) == Ways{1, 2, 3});
  bed.next_hops.neighbor_failed(key(1));
  CHECK(bed.ways(top) == Ways{2, 3});
  bed.next_hops.neighbor_failed(key(2));
  CHECK(bed.ways(top) == Ways{3});
  CHECK(bed.next_hops.failed_neighbors() == std::vector{key(1), key(2)});
  REQUIRE(bed.next_hops.publish(*bed.next_hops.acquire(key(2)), mac(2)));
  CHECK(bed.ways(top) == Ways{2, 3});
  REQUIRE(bed.next_hops.set_recursive(b, bed.next_hops.fixed(AdjacencyKind::kNoRoute)));
  CHECK(bed.ways(top) == Ways{2});
  // Packets to a blackhole are dropped intentionally, so it stays a member.
  REQUIRE(bed.next_hops.set_recursive(b, bed.next_hops.fixed(AdjacencyKind::kBlackhole)));
  CHECK(bed.ways(top) == Ways{0, 2});
}

TEST_CASE("a group does without a member whose ways are changed for ones that failed") {
  Bed bed;
  const NextHopId below = *bed.next_hops.acquire_group({{bed.resolved(1)}, {bed.resolved(2)}});
  const NextHopId recursive = *bed.next_hops.acquire_recursive({192, 0, 2, 1});
  REQUIRE(bed.next_hops.set_recursive(recursive, below));
  const NextHopId top = *bed.next_hops.acquire_group({{recursive}, {bed.resolved(9)}});
  CHECK(bed.ways(top) == Ways{1, 2, 9});
  const NextHopId failed = bed.resolved(3);
  bed.next_hops.neighbor_failed(key(3));
  REQUIRE(bed.next_hops.set_group(below, {{failed}}));
  CHECK(bed.ways(top) == Ways{9});
  REQUIRE(bed.next_hops.set_group(below, {{failed}, {bed.resolved(4)}}));
  CHECK(bed.ways(top) == Ways{4, 9});
}

TEST_CASE("groups of the same next hops are one, in whatever order") {
  Bed bed;
  const NextHopId a = bed.resolved(1);
  const NextHopId b = bed.resolved(2);
  const NextHopId group = *bed.next_hops.acquire_group({{a, 1}, {b, 2}});
  CHECK(bed.next_hops.acquire_group({{b, 2}, {a, 1}}) == group);
  CHECK(bed.next_hops.acquire_group({{b, 1}, {a, 1}, {b, 1}}) == group);
  CHECK(bed.next_hops.acquire_group(std::vector<NextHops4::Member>{{key(1), 1}, {key(2), 2}}) ==
        group);
  CHECK(bed.next_hops.acquire_group({{a, 2}, {b, 1}}) != group);
  CHECK_FALSE(bed.next_hops.acquire_group(NextHops4::Paths{}));

  SECTION("one that is changed is no longer what it was") {
    REQUIRE(bed.next_hops.set_group(group, {{b}}));
    CHECK(bed.ways(group) == Ways{2});
    const NextHopId again = *bed.next_hops.acquire_group({{a, 1}, {b, 2}});
    CHECK(again != group);
    CHECK(bed.ways(again) == Ways{1, 2});
    CHECK(bed.next_hops.acquire_group({{b}}) == group);
  }
}

TEST_CASE("what nobody needs any more goes, and its place is used again") {
  Bed bed;
  bed.world.reclaimer().run_once();
  const auto make_and_release = [&] {
    const NextHopId a = bed.resolved(1);
    const NextHopId b = bed.resolved(2);
    const NextHopId group = *bed.next_hops.acquire_group({{a}, {b}});
    const NextHopId recursive = *bed.next_hops.acquire_recursive({192, 0, 2, 1});
    REQUIRE(bed.next_hops.set_recursive(recursive, group));
    const NextHopId top = *bed.next_hops.acquire_group({{recursive}, {a}});
    for (const NextHopId id : {a, b, group, recursive}) {
      bed.next_hops.release(id);
    }
    CHECK(bed.ways(top) == Ways{1, 2});
    REQUIRE(bed.next_hops.set_group(top, {{recursive}}));
    CHECK(bed.ways(top) == Ways{1, 2});
    bed.next_hops.release(top);
    bed.world.reclaimer().run_once();
    CHECK(bed.world.reclaimer().waiting() == 0);
  };
  // This is repeated more often than any table has entries.
  for (int i = 0; i < 20'000; ++i) {
    make_and_release();
  }
}
