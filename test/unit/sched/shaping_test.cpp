// SPDX-License-Identifier: BSD-3-Clause
#include <catch2/catch.hpp>
#include <optional>

#include "bench.hpp"

using namespace ringroad;
using namespace std::chrono_literals;
using test::Bench;

namespace {

sched::Discipline shaped(std::uint64_t rate, std::uint64_t burst) {
  sched::Discipline discipline;
  discipline.rate = BitsPerSecond{rate};
  discipline.burst = Bytes{burst};
  return discipline;
}

// Returns a discipline in which band 0 also has its own rate.
sched::Discipline shaped_with_band(std::optional<BitsPerSecond> ceil) {
  sched::Discipline discipline = shaped(8'000'000, 3000);
  discipline.each[0].rate = BitsPerSecond{2'000'000};
  discipline.each[0].ceil = ceil;
  discipline.each[0].burst = Bytes{3000};
  return discipline;
}

// Keeps `bands` full of packets of that length for `time`, and drains them every `step`. Returns
// the number of sent bytes.
std::uint64_t overload(Bench& bench, const std::vector<std::uint8_t>& bands, std::uint32_t length,
                       Nanoseconds time, Nanoseconds step) {
  bench.room = ~0U;
  const std::uint64_t before = bench.sent_bytes;
  for (Nanoseconds at{}; at < time; at += step) {
    bench.clock.advance(step);
    for (const std::uint8_t band : bands) {
      while (bench.bands.counters()[band].queued.get() < 100) {
        bench.send(band, length);
      }
    }
    while (bench.drain() == 64) {
    }
  }
  return bench.sent_bytes - before;
}

}  // namespace

TEST_CASE("a port's rate is kept within 0.5 %") {
  const std::uint64_t rate = GENERATE(1'000'000ULL, 50'000'000ULL, 1'000'000'000ULL);
  Bench bench{shaped(rate, 16'000)};
  const Nanoseconds time{20'000'000'000'000'000ULL / rate};  // the time of 2.5 MB
  const std::uint64_t bytes = overload(bench, {1}, 1500, time, time / 5000);
  const double expected =
      static_cast<double>(rate) / 8 * std::chrono::duration<double>(time).count();
  CHECK(static_cast<double>(bytes) <= expected + 16'000);
  CHECK(static_cast<double>(bytes) == Approx(expected).epsilon(0.01));
  CHECK(bench.bands.overlimits() > 0);
}

TEST_CASE("a burst goes at once as far as the bucket allows, and no further") {
  Bench bench{shaped(8'000'000, 4000)};
  bench.room = ~0U;
  bench.clock.advance(1s);
  bench.send_burst({1, 1, 1, 1, 1, 1}, 1000);
  bench.drain();
  CHECK(bench.sent.size() == 4);
  bench.clock.advance(2ms);
  bench.drain();
  CHECK(bench.sent.size() == 6);
  bench.clock.advance(3ms);
  bench.send_burst({1, 2, 0}, 1000);
  CHECK(bench.bands.direct_packets() == 3);
  CHECK(bench.sent.size() == 9);
  // A packet that the ring refuses uses its tokens only once.
  bench.room = 1;
  bench.clock.advance(3ms);
  bench.send_burst({1, 2, 0, 1, 1}, 1000);
  bench.room = 100;
  bench.drain();
  bench.drain();
  CHECK(bench.sent.size() == 12);
}

TEST_CASE("a packet costs its overhead too") {
  sched::Discipline discipline = shaped(8'000'000, 1600);
  discipline.overhead = 24;
  Bench bench{discipline};
  overload(bench, {1}, 76, 1s, 1ms);
  CHECK(bench.sent.size() >= 10'000);
  CHECK(bench.sent.size() <= 10'016);
}

TEST_CASE("two queues of a port share its rate, whoever has packets") {
  const sched::Discipline discipline = shaped(8'000'000, 3000);
  const Clock clock{Clock::Manual{}};
  const auto shaper = std::make_shared<sched::Shaper>(discipline, clock.now());
  Bench one{discipline, shaper};
  Bench other{discipline, shaper};
  const bool both = GENERATE(true, false);
  for (int i = 0; i < 1000; ++i) {
    for (Bench* bench : {&one, &other}) {
      bench->room = ~0U;
      bench->clock.advance(1ms);
      if (bench == &one || both) {
        bench->send(1, 1000);
        bench->send(1, 1000);
      }
    }
    // They are drained in alternating order.
    (i % 2 == 0 ? one : other).drain();
    (i % 2 == 0 ? other : one).drain();
  }
  const std::uint64_t bytes = one.sent_bytes + other.sent_bytes;
  CHECK(bytes >= 1'000'000);
  CHECK(bytes <= 1'004'000);
  if (both) {
    CHECK(one.sent_bytes > 300'000);
    CHECK(other.sent_bytes > 300'000);
  }
}

TEST_CASE("a band with a rate and no ceiling keeps to it, and the others get the rest") {
  Bench bench{shaped_with_band(std::nullopt)};
  overload(bench, {0, 2}, 1000, 1s, 500us);
  CHECK(static_cast<double>(bench.sent_of(0)) == Approx(250'000).epsilon(0.02));
  CHECK(static_cast<double>(bench.sent_of(2)) == Approx(750'000).epsilon(0.02));
}

TEST_CASE("with a ceiling it has what others leave") {
  sched::Discipline discipline = shaped_with_band(BitsPerSecond{4'000'000});
  SECTION("alone: its ceiling") {
    Bench bench{discipline};
    overload(bench, {0}, 1000, 1s, 500us);
    CHECK(static_cast<double>(bench.sent_of(0)) == Approx(500'000).epsilon(0.02));
  }
  SECTION("beside others that could take all: what it is guaranteed") {
    Bench bench{discipline};
    overload(bench, {0, 2}, 1000, 1s, 500us);
    CHECK(static_cast<double>(bench.sent_of(0)) == Approx(250'000).epsilon(0.02));
  }
  SECTION("beside one that has a rate of its own: both have that, then the first has more") {
    discipline.each[2].rate = BitsPerSecond{3'000'000};
    discipline.each[2].ceil = BitsPerSecond{8'000'000};
    discipline.each[2].burst = Bytes{3000};
    Bench bench{discipline};
    overload(bench, {0, 2}, 1000, 1s, 500us);
    CHECK(static_cast<double>(bench.sent_of(0)) == Approx(500'000).epsilon(0.05));
    CHECK(static_cast<double>(bench.sent_of(2)) == Approx(500'000).epsilon(0.05));
  }
}

TEST_CASE("on a shaped port the urgent wait for one packet at most, whatever the overload") {
  // 1500 bytes a millisecond
  Bench bench{shaped(12'000'000, 1600)};
  bench.room = ~0U;
  bench.bands.measure_delays(true);
  for (int i = 0; i < 20'000; ++i) {
    bench.clock.advance(100us);
    bench.drain();
    if (i % 5 == 0) {  // twice the rate
      bench.send(2, 1500);
    }
    if (i % 50 == 7) {
      bench.send(0, 200);
    }
    bench.drain();
  }
  CHECK(bench.dropped.size() > 100);
  CHECK(bench.bands.delays_ns(0).samples() == 400);
  // The packet's own 133 us and a millisecond for one frame, seen in steps of 100 us.
  CHECK(bench.bands.delays_ns(0).quantile(0.999) <= 1'350'000);
  CHECK(bench.bands.delays_ns(2).quantile(0.5) > 100'000'000);
}
