// SPDX-License-Identifier: BSD-3-Clause
#include "host/icmp_limiter.hpp"

#include <catch2/catch.hpp>

using namespace ringroad;
using namespace std::chrono_literals;
using host::IcmpLimiter;

TEST_CASE("one destination gets six messages at once, then one a second") {
  IcmpLimiter<Ipv4> limiter{{.rate = 0, .burst = 50, .per_destination = 1s}};
  const Ipv4 peer{10, 0, 0, 1};
  Nanoseconds now = 100s;
  int allowed = 0;
  for (int i = 0; i < 100; ++i) {
    allowed += limiter.allow(peer, now) ? 1 : 0;
  }
  CHECK(allowed == 6);
  now += 999ms;
  CHECK_FALSE(limiter.allow(peer, now));
  now += 1ms;
  CHECK(limiter.allow(peer, now));
  CHECK_FALSE(limiter.allow(peer, now));
  CHECK(limiter.allow(Ipv4{10, 0, 0, 2}, now));
}

TEST_CASE("all destinations together get the burst, then the rate") {
  IcmpLimiter<Ipv4> limiter{{.rate = 1000, .burst = 50, .per_destination = 1s}};
  Nanoseconds now = 100s;
  std::uint32_t host = 1;
  int allowed = 0;
  for (int i = 0; i < 1000; ++i) {
    allowed += limiter.allow(Ipv4{host++}, now) ? 1 : 0;
  }
  CHECK(allowed == 50);
  for (int millisecond = 0; millisecond < 100; ++millisecond) {
    now += 1ms;
    for (int i = 0; i < 5; ++i) {
      allowed += limiter.allow(Ipv4{host++}, now) ? 1 : 0;
    }
  }
  CHECK(allowed == 150);
}

TEST_CASE("zero lifts a limit") {
  IcmpLimiter<Ipv4> limiter{{.rate = 0, .burst = 0, .per_destination = 0s}};
  for (int i = 0; i < 10000; ++i) {
    REQUIRE(limiter.allow(Ipv4{1}, 5s));
  }
}

TEST_CASE("a spoofed multitude of destinations takes bounded memory and is let go of later") {
  IcmpLimiter<Ipv4> limiter{{.rate = 0, .burst = 50, .per_destination = 1s}};
  int allowed = 0;
  for (std::uint32_t host = 0; host < 100000; ++host) {
    allowed += limiter.allow(Ipv4{host}, 5s) ? 1 : 0;
  }
  CHECK(allowed < 20000);
  CHECK(limiter.allow(Ipv4{200000}, 20s));
}
