// SPDX-License-Identifier: BSD-3-Clause
// Bands drop packets if all waiting packets together hold too many buffers.
#include <algorithm>
#include <catch2/catch.hpp>

#include "bench.hpp"

using namespace ringroad;
using namespace ringroad::test;
using sched::Lost;

namespace {

struct Shed {
  Bench& bench;
  std::vector<std::uint32_t>& numbers;
  void operator()(rte_mbuf* packet, Lost lost) const {
    CHECK(lost == Lost::kMemory);
    numbers.push_back(Bench::number_of(packet));
  }
};

std::vector<std::uint32_t> shed(Bench& bench, std::uint32_t most) {
  std::vector<std::uint32_t> numbers;
  bench.bands.shed(most, Shed{bench, numbers});
  return numbers;
}

}  // namespace

TEST_CASE("the longest band gives up its oldest packets, and no more than it must") {
  Bench bench;
  bench.room = 0;
  bench.send(1);  // refused, so it stays at the head
  std::vector<std::uint32_t> bulk;
  for (int i = 0; i < 10; ++i) {
    bulk.push_back(bench.send(2));
  }
  const std::uint32_t urgent = bench.send(0);
  CHECK(shed(bench, 12).empty());
  CHECK(shed(bench, 8) == std::vector(bulk.begin(), bulk.begin() + 4));
  CHECK(bench.bands.backlog() == 8);
  CHECK(bench.bands.counters()[2].dropped.get() == 4);
  CHECK(bench.bands.counters()[2].queued.get() == 6);
  CHECK(bench.bands.totals().queued == 8);
  std::uint64_t bytes = 0;
  for (const auto& band : bench.bands.counters()) {
    bytes += band.queued_bytes.get();
  }
  CHECK(bytes > 0);
  CHECK(bench.bands.totals().queued_bytes == bytes);
  // Packets are dropped down to those that the ring was offered, and the rest is still sent in
  // order.
  CHECK(shed(bench, 2) == std::vector(bulk.begin() + 4, bulk.end()));
  bench.room = 100;
  bench.drain_all();
  CHECK(bench.sent.back() == urgent);
  CHECK(bench.bands.backlog() == 0);
  CHECK(shed(bench, 0).empty());
}

TEST_CASE("what the ring was offered is not given up") {
  Bench bench;
  bench.room = 0;
  const std::uint32_t first = bench.send(1);
  CHECK(shed(bench, 0).empty());
  bench.room = 1;
  bench.drain_all();
  CHECK(bench.sent == std::vector{first});
}

TEST_CASE("queues under active management give up packets too, and go on") {
  const auto kind = GENERATE(Aqm::kCodel, Aqm::kFqCodel);
  sched::Discipline discipline;
  for (auto& band : discipline.each) {
    band.aqm = kind;
  }
  Bench bench{discipline};
  bench.room = 0;
  for (int i = 0; i < 500; ++i) {
    bench.send(static_cast<std::uint8_t>(i % 3), 100);
  }
  const auto gone = shed(bench, 50);
  CHECK(gone.size() == 450);
  CHECK(bench.bands.backlog() == 50);
  bench.room = 1000;
  bench.drain_all();
  CHECK(bench.sent.size() == 50);
  CHECK(std::ranges::none_of(bench.sent, [&](std::uint32_t number) {
    return std::ranges::find(gone, number) != gone.end();
  }));
  CHECK(bench.bands.totals().queued == 0);
  // Empty bands accept packets again.
  bench.room = 0;
  for (int i = 0; i < 10; ++i) {
    bench.send(0, 100);
  }
  CHECK(shed(bench, 1).size() == 9);
}
