// SPDX-License-Identifier: BSD-3-Clause
#include "sched/byte_limit.hpp"

#include <catch2/catch.hpp>

using namespace ringroad;
using namespace std::chrono_literals;

namespace {

// A device that sends `rate` bytes a microsecond. Every `period` microseconds it is filled up to
// the limit. Counts the microseconds in which the wire is idle.
struct Link {
  std::uint64_t rate;
  std::uint64_t period;
  sched::ByteLimit limit{};
  std::uint64_t in_ring = 0;
  std::uint64_t sent = 0;  // not yet reported
  std::uint64_t idle = 0;
  Nanoseconds now = 1s;

  void run(std::uint64_t microseconds, bool busy = true) {
    for (std::uint64_t i = 0; i < microseconds; ++i) {
      now += 1us;
      const std::uint64_t out = std::min(in_ring, rate);
      in_ring -= out;
      sent += out;
      idle += out < rate ? 1 : 0;
      if (i % period != 0) {
        continue;
      }
      limit.complete(sent, now);
      sent = 0;
      if (!busy) {
        continue;
      }
      while (limit.room() > 0) {
        limit.hand_over(1514);
        in_ring += 1514;
      }
      limit.hold_back();
    }
  }
};

}  // namespace

TEST_CASE("the limit finds what keeps the wire busy, and little more") {
  const std::uint64_t rate = GENERATE(125ULL, 1250ULL, 12500ULL);  // 1, 10, 100 Gbit
  const std::uint64_t period = GENERATE(5ULL, 50ULL);
  Link link{rate, period};
  link.run(3'000'000);
  link.idle = 0;
  link.run(1'000'000);
  CHECK(link.idle <= 1000);
  const std::uint64_t needed = rate * period;
  CHECK(link.limit.limit() >= needed);
  CHECK(link.limit.limit() <= 3 * needed + 6056);
}

TEST_CASE("the limit shrinks when less is enough") {
  Link link{1250, 100};
  link.run(1'000'000);
  const std::uint64_t before = link.limit.limit();
  link.period = 10;
  link.run(5'000'000);
  CHECK(link.limit.limit() < before / 3);
}

TEST_CASE("an idle ring's limit stays") {
  Link link{1250, 50};
  link.run(1'000'000);
  const std::uint64_t before = link.limit.limit();
  link.run(5'000'000, false);
  CHECK(link.limit.limit() == before);
  CHECK(link.limit.in_flight() == 0);
}
