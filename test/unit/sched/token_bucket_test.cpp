#include "sched/token_bucket.hpp"

#include <catch2/catch.hpp>

using namespace ringroad;
using namespace std::chrono_literals;

TEST_CASE("a token bucket is exact from 1 Mbit to 400 Gbit") {
  const std::uint64_t rate =
      GENERATE(1'000'000ULL, 100'000'000ULL, 10'000'000'000ULL, 400'000'000'000ULL);
  Nanoseconds now = 1s;
  sched::TokenBucket bucket{BitsPerSecond{rate}, Bytes{15180}, now};
  while (bucket.may_send()) {
    bucket.take(1518);
  }
  std::uint64_t bytes = 0;
  const Nanoseconds step{1518ULL * 8 * 1'000'000'000 / rate + 1};
  for (int i = 0; i < 100000; ++i) {
    now += step;
    bucket.refill(now);
    while (bucket.may_send()) {
      bucket.take(1518);
      bytes += 1518;
    }
  }
  const double expected =
      static_cast<double>(rate) / 8 * std::chrono::duration<double>(step * 100000).count();
  CHECK(static_cast<double>(bytes) == Approx(expected).epsilon(0.001));
}

TEST_CASE("idle time earns the burst and no more") {
  sched::TokenBucket bucket{BitsPerSecond{1'000'000}, Bytes{3000}, 0s};
  bucket.refill(std::chrono::hours{24 * 365});
  int packets = 0;
  while (bucket.may_send()) {
    bucket.take(1000);
    ++packets;
  }
  CHECK(packets == 3);
}

TEST_CASE("a clock that stands still earns nothing") {
  sched::TokenBucket bucket{BitsPerSecond{1'000'000'000}, Bytes{1000}, 5s};
  bucket.take(2000);
  bucket.refill(5s);
  CHECK_FALSE(bucket.may_send());
}
