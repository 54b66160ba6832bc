// SPDX-License-Identifier: BSD-3-Clause
#include "host/redirect_limiter.hpp"

#include <catch2/catch.hpp>

using namespace ringroad;
using namespace std::chrono_literals;

namespace {

constexpr Ipv4 kSender{192, 168, 1, 2};
constexpr Nanoseconds kStart = 1h;
constexpr Nanoseconds kSilence = 20480ms;

}  // namespace

TEST_CASE("a sender hears of a better gateway nine times, after twice as long each time") {
  host::RedirectLimiter<Ipv4> limiter;
  Nanoseconds now = kStart;
  CHECK(limiter.allow(kSender, now));
  for (unsigned sent = 1; sent < 9; ++sent) {
    // As in Linux's ip_rt_send_redirect, a packet that comes too early does not delay the next
    // redirect.
    const Nanoseconds next = now + 20ms * (1U << sent);
    CHECK_FALSE(limiter.allow(kSender, next - 1ns));
    CHECK_FALSE(limiter.allow(kSender, next));
    CHECK(limiter.allow(kSender, next + 1ns));
    now = next + 1ns;
  }
  CHECK_FALSE(limiter.allow(kSender, now + 15s));
  SECTION("each one that would be due prolongs the silence") {
    CHECK_FALSE(limiter.allow(kSender, now + 15s + kSilence));
    CHECK(limiter.allow(kSender, now + 15s + kSilence + kSilence + 1ns));
  }
  SECTION("after the silence all begins anew") {
    now += 15s + kSilence + 1ns;
    CHECK(limiter.allow(kSender, now));
    CHECK_FALSE(limiter.allow(kSender, now + 40ms));
    CHECK(limiter.allow(kSender, now + 41ms));
  }
  CHECK(limiter.allow(Ipv4{192, 168, 1, 3}, now));
}

TEST_CASE(
    "of more senders than are remembered the new ones hear nothing until old ones are silent") {
  host::RedirectLimiter<Ipv4> limiter;
  constexpr std::uint32_t kSenders = 8192;
  const auto sender = [](std::uint32_t i) { return Ipv4{Ipv4{10, 0, 0, 0}.value() + i}; };
  for (std::uint32_t i = 0; i < kSenders; ++i) {
    REQUIRE(limiter.allow(sender(i), kStart + Nanoseconds{i}));
  }
  CHECK_FALSE(limiter.allow(sender(kSenders), kStart + kSilence));
  CHECK(limiter.allow(sender(7), kStart + 1s));
  // One sender is forgotten, so there is room for one more.
  CHECK(limiter.allow(sender(kSenders), kStart + kSilence + 1ns));
  CHECK_FALSE(limiter.allow(sender(kSenders + 1), kStart + kSilence + 1ns));
}
