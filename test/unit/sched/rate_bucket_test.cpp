// SPDX-License-Identifier: BSD-3-Clause
#include "sched/rate_bucket.hpp"

#include <catch2/catch.hpp>

using namespace ringroad;
using namespace std::chrono_literals;
using sched::RateBucket;

TEST_CASE("a rate bucket is exact from 1 Mbit to 400 Gbit, and never gives more than the burst") {
  const std::uint64_t rate = GENERATE(1'000'000ULL, 100'000'000ULL, 10'000'000'000ULL,
                                      100'000'000'000ULL, 400'000'000'000ULL);
  constexpr std::uint64_t kBurst = 15180;
  Nanoseconds now = 1s;
  RateBucket bucket{BitsPerSecond{rate}, Bytes{kBurst}, now};
  std::uint64_t bytes = 0;
  const Nanoseconds step{1518ULL * 8 * 1'000'000'000 / rate / 3 + 1};
  const Nanoseconds start = now;
  for (int i = 0; i < 100000; ++i) {
    now += step;
    while (const std::uint64_t drawn = bucket.draw(now, 64, 1518)) {
      bytes += drawn;
    }
    const double earned =
        static_cast<double>(rate) / 8 * std::chrono::duration<double>(now - start).count();
    REQUIRE(static_cast<double>(bytes) <= earned * 1.0001 + kBurst + 1);
  }
  const double expected =
      static_cast<double>(rate) / 8 * std::chrono::duration<double>(step * 100000).count();
  CHECK(static_cast<double>(bytes) == Approx(expected + kBurst).epsilon(0.002));
}

TEST_CASE("idle time earns the burst and no more") {
  RateBucket bucket{BitsPerSecond{1'000'000}, Bytes{3000}, 0s};
  const Nanoseconds later = std::chrono::hours{24 * 365};
  CHECK(bucket.draw(later, 1000, 1'000'000) == 3000);
  CHECK(bucket.draw(later, 1, 1'000'000) == 0);
}

TEST_CASE("a clock that stands still earns nothing, and what is given back can be drawn again") {
  RateBucket bucket{BitsPerSecond{1'000'000'000}, Bytes{1000}, 5s};
  CHECK(bucket.draw(5s, 1000, 1000) == 1000);
  CHECK(bucket.draw(5s, 1, 1) == 0);
  bucket.give_back(400);
  CHECK(bucket.draw(5s, 500, 500) == 0);
  CHECK(bucket.draw(5s, 400, 400) == 400);
}

TEST_CASE("what is longer than the burst goes when the bucket is full, and is paid for") {
  RateBucket bucket{BitsPerSecond{8'000'000}, Bytes{1500}, 0s};  // a byte a microsecond
  CHECK(bucket.draw(0s, 9000, 9000) == 9000);
  CHECK(bucket.draw(7400us, 1, 1) == 0);
  CHECK(bucket.draw(7600us, 64, 64) == 64);
}
