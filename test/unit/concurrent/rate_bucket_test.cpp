// SPDX-License-Identifier: BSD-3-Clause
#include "sched/rate_bucket.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

using namespace ringroad;
using namespace std::chrono_literals;
using sched::RateBucket;

TEST_CASE("workers that draw at once get no more than the rate together") {
  RateBucket bucket{BitsPerSecond{8'000'000'000}, Bytes{10'000}, 0s};
  std::atomic<std::uint64_t> bytes{0};
  std::vector<std::thread> workers;
  workers.reserve(3);
  for (int worker = 0; worker < 3; ++worker) {
    workers.emplace_back([&] {
      for (int i = 1; i <= 100'000; ++i) {
        const std::uint64_t drawn = bucket.draw(Nanoseconds{i * 10}, 100, 1500);
        if (drawn > 1000) {
          bucket.give_back(drawn - 1000);
        }
        bytes += std::min<std::uint64_t>(drawn, 1000);
      }
    });
  }
  for (auto& worker : workers) {
    worker.join();
  }
  // One byte a nanosecond for a millisecond, and the burst.
  CHECK(bytes <= 1'010'000);
  CHECK(bytes >= 1'005'000);
}
