// SPDX-License-Identifier: BSD-3-Clause
#include "stats/recent.hpp"

#include <catch2/catch.hpp>

using namespace ringroad;
using namespace ringroad::stats;
using namespace std::chrono_literals;

TEST_CASE("a sample is due once a second, and rates are of the time that really passed") {
  SampleTimer timer;
  CHECK(timer.begin(5s));
  CHECK(timer.per_second(1000) == 0);  // no second sample yet
  CHECK_FALSE(timer.begin(5s));
  CHECK_FALSE(timer.begin(5999ms));
  CHECK(timer.begin(6s));
  CHECK(timer.per_second(1000) == 1000);
  CHECK_FALSE(timer.begin(6999ms));
  CHECK(timer.begin(7250ms));  // late
  CHECK(timer.per_second(1000) == 800);
  CHECK_FALSE(timer.begin(8249ms));
  CHECK(timer.begin(10250ms));
  CHECK(timer.per_second(2) == 1);
  CHECK(timer.number() == 4);
}

TEST_CASE("increases are those between the last two samples") {
  RecentCounters<2> counters;
  CHECK(counters.increases() == RecentCounters<2>::Values{0, 0});
  counters.sample({100, 7});
  CHECK(counters.increases() == RecentCounters<2>::Values{0, 0});
  counters.sample({130, 7});
  CHECK(counters.increases() == RecentCounters<2>::Values{30, 0});
  counters.sample({130, 9});
  CHECK(counters.increases() == RecentCounters<2>::Values{0, 2});
  // The counter of a port that was added again begins at 0.
  counters.sample({4, 9});
  CHECK(counters.increases() == RecentCounters<2>::Values{4, 0});
}

TEST_CASE("a counter's last minute ends with what was counted since the last sample") {
  RecentCounter counter;
  std::uint64_t number = 17;
  const auto sample = [&](std::uint64_t total) { counter.sample(total, ++number); };
  CHECK(counter.last_minute(3, number) == 3);
  sample(3);
  CHECK(counter.last_second() == 3);
  CHECK(counter.last_minute(5, number) == 5);
  sample(10);
  CHECK(counter.last_second() == 7);
  for (int second = 0; second < 54; ++second) {
    sample(10);
  }
  CHECK(counter.last_second() == 0);
  CHECK(counter.last_minute(10, number) == 10);
  for (int second = 0; second < 6; ++second) {
    sample(10);
  }
  CHECK(counter.last_minute(10, number) == 0);
  CHECK(counter.last_minute(11, number) == 1);
  // A steady increase: between 55 and 60 seconds of it.
  std::uint64_t total = 10;
  for (int second = 0; second < 200; ++second) {
    sample(total += 100);
    if (second >= 60) {
      CHECK(counter.last_second() == 100);
      CHECK(counter.last_minute(total, number) >= 5500);
      CHECK(counter.last_minute(total, number) <= 6000);
    }
  }
}

TEST_CASE("a histogram's last second forgets what came before, also after it was cleared") {
  Histogram histogram;
  RecentHistogram recent;
  histogram.add(1000, 50);
  recent.sample(histogram);
  CHECK(Histogram::samples(recent.increases()) == 0);
  histogram.add(8, 3);
  recent.sample(histogram);
  CHECK(Histogram::samples(recent.increases()) == 3);
  CHECK(Histogram::quantile(recent.increases(), 1) == 8);
  CHECK(histogram.quantile(1) >= 1000);
  histogram.clear();
  histogram.add(9, 2);
  recent.sample(histogram);
  CHECK(Histogram::samples(recent.increases()) == 2);
  CHECK(Histogram::quantile(recent.increases(), 0.5) == 9);
}
