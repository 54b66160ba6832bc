// SPDX-License-Identifier: BSD-3-Clause
// Groups and recursive next hops change while readers use them. Also run by the thread sanitizer.
#include "routing/next_hops.hpp"

#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <thread>
#include <vector>

#include "interface/world.hpp"

using namespace ringroad;
using routing::NextHops4;

namespace {

constexpr InterfaceId kPort{0};
constexpr std::uint32_t kReaders = 3;
constexpr std::size_t kRounds = 1000;
constexpr std::uint8_t kNeighbors = 40;
// Neighbor i is 10.0.0.(i + 1).
constexpr Ipv4 kFirst{10, 0, 0, 1};

// One bit for each neighbor that a lookup may return.
using Allowed = std::uint64_t;

struct Shared {
  interface::World world{kReaders, 2 * kNeighbors};
  NextHopId next_hop;
  std::atomic<bool> stop{false};
  // The writer sets the allowed results of a round before it begins the round.
  std::atomic<std::size_t> round{0};
  std::array<Allowed, kRounds + 1> allowed{};
};

struct Reader {
  std::uint64_t lookups = 0;
  std::uint64_t wrong = 0;
};

void keep_reading(Shared& shared, std::uint32_t id, Reader& result) {
  rte_rcu_qsbr& readers = shared.world.reclaimer().readers();
  rte_rcu_qsbr_thread_register(&readers, id);
  rte_rcu_qsbr_thread_online(&readers, id);
  std::mt19937 random{id};
  const Tables& tables = shared.world.tables();
  do {
    for (int i = 0; i < 32; ++i) {
      const std::size_t first = shared.round.load(std::memory_order_acquire);
      const AdjacencyId adjacency = tables.next_hops.resolve(
          shared.next_hop, [&] { return static_cast<std::uint32_t>(random()); });
      const neigh::Adjacency& found = tables.adjacencies[adjacency];
      const std::uint32_t neighbor = found.next_hop.value() - kFirst.value();
      // The results allowed when the lookup began, and those of every round that began while it
      // ran.
      const std::size_t last = shared.round.load(std::memory_order_acquire);
      Allowed allowed = 0;
      for (std::size_t round = first == 0 ? 0 : first - 1; round <= last; ++round) {
        allowed |= shared.allowed.at(round);
      }
      ++result.lookups;
      result.wrong += neighbor < kNeighbors && (allowed >> neighbor & 1U) != 0 ? 0U : 1U;
    }
    rte_rcu_qsbr_quiescent(&readers, id);
    // The condition comes last, because the writer may finish before this thread first runs.
  } while (!shared.stop.load(std::memory_order_relaxed));
  rte_rcu_qsbr_thread_offline(&readers, id);
}

// Changes `next_hop`: a group of two gateways, one of which is reached through several next hops.
class Writer {
 public:
  explicit Writer(Shared& shared) : shared_{shared}, next_hops_{shared.world} {
    shared.world.add_port({.id = kPort,
                           .name = "a",
                           .mac = Mac{{2, 0, 0, 0, 0, 1}},
                           .mtu = 1500,
                           .addresses = {{Ipv4{10, 0, 0, 254}, 24}}});
    for (std::uint8_t i = 0; i < kNeighbors; ++i) {
      ids_.push_back(*next_hops_.acquire(key(i)));
      CHECK(next_hops_.publish(ids_.back(), Mac{{2, 0, 0, 0, 1, i}}));
    }
    near_ = *next_hops_.acquire_recursive({192, 0, 2, 1});
    far_ = *next_hops_.acquire_recursive({192, 0, 2, 2});
    CHECK(next_hops_.set_recursive(near_, ids_[0]));
    CHECK(next_hops_.set_recursive(far_, ids_[0]));
    shared.next_hop = *next_hops_.acquire_group({{near_}, {far_}});
    shared.allowed[0] = 1;
  }

  void change(std::size_t round) {
    // The results of each step are computed first, so that they are allowed before readers can see
    // them.
    const auto one = static_cast<std::uint8_t>(random_() % kNeighbors);
    const std::size_t size = random_() % (round % 8 == 0 ? 30 : 5) + 1;
    NextHops4::Paths paths;
    Allowed ways = 0;
    for (std::size_t i = 0; i < size; ++i) {
      const auto member = static_cast<std::uint8_t>(random_() % kNeighbors);
      paths.push_back({ids_[member], static_cast<std::uint32_t>(random_() % 4 + 1)});
      ways |= Allowed{1} << member;
    }
    far_ways_ = round % 3 == 0 ? Allowed{1} << one : far_ways_;
    near_ways_ = ways;
    shared_.allowed.at(round) = near_ways_ | far_ways_;
    shared_.round.store(round, std::memory_order_release);

    if (round % 3 == 0) {
      CHECK(next_hops_.set_recursive(far_, ids_[one]));
    }
    if (group_ && round % 10 != 0) {
      CHECK(next_hops_.set_group(*group_, paths));
    } else {
      const NextHopId fresh = *next_hops_.acquire_group(paths, group_);
      CHECK(next_hops_.set_recursive(near_, fresh));
      if (group_) {
        next_hops_.release(*group_);
      }
      group_ = fresh;
    }
    const auto flapping = static_cast<std::uint8_t>(random_() % kNeighbors);
    next_hops_.neighbor_failed(key(flapping));
    next_hops_.unpublish(ids_[flapping]);
    CHECK(next_hops_.publish(ids_[flapping], Mac{{2, 0, 0, 0, 1, flapping}}));
    shared_.world.reclaimer().run_once();
  }

 private:
  [[nodiscard]] static neigh::Key4 key(std::uint8_t neighbor) {
    return {kPort, Ipv4{kFirst.value() + neighbor}};
  }

  Shared& shared_;
  NextHops4 next_hops_;
  std::mt19937 random_{7};
  std::vector<NextHopId> ids_;
  NextHopId near_;
  NextHopId far_;
  std::optional<NextHopId> group_;
  Allowed near_ways_ = 1;
  Allowed far_ways_ = 1;
};

}  // namespace

TEST_CASE("a reader finds only old and new members while groups change and members flap") {
  auto shared = std::make_unique<Shared>();
  Writer writer{*shared};
  std::vector<Reader> results(kReaders);
  std::vector<std::thread> threads;
  threads.reserve(kReaders);
  for (std::uint32_t id = 0; id < kReaders; ++id) {
    threads.emplace_back(keep_reading, std::ref(*shared), id, std::ref(results[id]));
  }
  for (std::size_t round = 1; round <= kRounds; ++round) {
    writer.change(round);
    std::this_thread::yield();
  }
  shared->stop = true;
  for (std::thread& thread : threads) {
    thread.join();
  }
  shared->world.reclaimer().run_once();
  CHECK(shared->world.reclaimer().waiting() == 0);
  for (const Reader& result : results) {
    CHECK(result.lookups > 0);
    CHECK(result.wrong == 0);
  }
}
