// SPDX-License-Identifier: BSD-3-Clause
// Tables that the control thread changes while workers read them. Also run by the thread sanitizer.
#include <atomic>
#include <catch2/catch.hpp>
#include <random>
#include <thread>
#include <vector>

#include "interface/world.hpp"
#include "routing/next_hops.hpp"
#include "routing/routing.hpp"

using namespace ringroad;
using neigh::AdjacencyKind;

namespace {

constexpr Ipv4 kGateway{192, 168, 2, 2};
constexpr InterfaceId kPort{0};
constexpr std::uint32_t kReaders = 3;

Mac mac_number(std::uint8_t number) { return Mac{{0x02, number, number, number, number, number}}; }

// Every adjacency that a reader finds must be complete: all octets of its header belong to one MAC.
bool is_whole(const neigh::Adjacency& adjacency) {
  if (adjacency.kind != AdjacencyKind::kUnicast) {
    return adjacency.kind == AdjacencyKind::kUnresolved && adjacency.next_hop == kGateway;
  }
  for (std::size_t i = 2; i < 6; ++i) {
    if (adjacency.header[i] != adjacency.header[1]) {
      return false;
    }
  }
  return adjacency.mtu == 1500 && adjacency.port == kPort;
}

struct Reader {
  std::uint64_t lookups = 0;
  std::uint64_t wrong = 0;
};

void read_tables(interface::World& world, std::uint32_t id, const std::atomic<bool>& stop,
                 Reader& result) {
  rte_rcu_qsbr& readers = world.reclaimer().readers();
  rte_rcu_qsbr_thread_register(&readers, id);
  rte_rcu_qsbr_thread_online(&readers, id);
  std::mt19937 random{id};
  const Tables& tables = world.tables();
  do {
    for (int i = 0; i < 32; ++i) {
      // 10.0.0.0/8 through the gateway is always there; 10.x.0.0/16 through the same gateway is
      // added and removed.
      const Ipv4 address{10U << 24U | (static_cast<std::uint32_t>(random()) & 0xffffffU)};
      const NextHopId next_hop = tables.trie.lookup(address);
      const AdjacencyId adjacency = tables.next_hops.resolve(next_hop, [&] { return id; });
      ++result.lookups;
      result.wrong += is_whole(tables.adjacencies[adjacency]) ? 0U : 1U;
    }
    rte_rcu_qsbr_quiescent(&readers, id);
    // The condition comes last, because the writer may finish before this thread first runs.
  } while (!stop.load(std::memory_order_relaxed));
  rte_rcu_qsbr_thread_offline(&readers, id);
}

}  // namespace

TEST_CASE("readers see whole adjacencies and no gap while neighbors and routes change") {
  interface::World world{kReaders, 64};
  world.add_port({.id = kPort,
                  .name = "b",
                  .mac = mac_number(1),
                  .mtu = 1500,
                  .addresses = {{Ipv4{192, 168, 2, 1}, 24}}});
  routing::NextHops4 next_hops{world};
  routing::Routing4 routing{world, next_hops};
  routing.add_fixed_routes();
  REQUIRE(routing.sync_connected());
  const auto request = [](Prefix4 prefix) {
    return routing::Routing4::Request{.prefix = prefix,
                                      .type = RouteType::kUnicast,
                                      .vias = {{kGateway, 1}},
                                      .metric = 0,
                                      .table = fib::Table::kMain};
  };
  REQUIRE(routing.add(request({Ipv4{10, 0, 0, 0}, 8})));

  std::atomic<bool> stop{false};
  std::vector<Reader> results(kReaders);
  std::vector<std::thread> threads;
  for (std::uint32_t id = 0; id < kReaders; ++id) {
    threads.emplace_back(read_tables, std::ref(world), id, std::cref(stop), std::ref(results[id]));
  }
  std::mt19937 random{7};
  const neigh::Key4 gateway{kPort, kGateway};
  for (int round = 0; round < 1000; ++round) {
    const auto number = static_cast<std::uint8_t>(random() % 250 + 2);
    CHECK(routing.resolved(gateway, mac_number(number)));
    const Prefix4 prefix{Ipv4{10, number, 0, 0}, 16};
    CHECK(routing.add(request(prefix)));
    if (round % 3 == 0) {
      routing.unresolved(gateway);
    }
    CHECK(routing.erase({.prefix = prefix, .table = {}, .metric = {}, .via = {}, .protocol = {}}));
    if (round % 7 == 0) {
      routing.removed(gateway);
    }
    world.reclaimer().run_once();
    std::this_thread::yield();
  }
  stop = true;
  for (std::thread& thread : threads) {
    thread.join();
  }
  world.reclaimer().run_once();
  CHECK(world.reclaimer().waiting() == 0);
  for (const Reader& result : results) {
    CHECK(result.lookups > 0);
    CHECK(result.wrong == 0);
  }
}
