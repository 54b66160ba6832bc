// SPDX-License-Identifier: BSD-3-Clause
// RFC 4861 6.2: when a router advertises itself.
#include "neigh/router_advertiser.hpp"

#include <catch2/catch.hpp>
#include <chrono>
#include <vector>

namespace ringroad::neigh {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr InterfaceId kPort{3};
constexpr Nanoseconds kLongest = seconds{600};
constexpr Nanoseconds kStep = milliseconds{10};

struct AdvertiserFixture {
  AdvertiserFixture() { advertiser.set_link(kPort, true, now); }

  // Returns the times of the events.
  std::vector<Nanoseconds> times_in(Nanoseconds time, bool final = false) {
    std::vector<Nanoseconds> times;
    for (const Nanoseconds end = now + time; now < end; now += kStep) {
      advertiser.tick(now, events);
      for (const auto& event : events) {
        CHECK(event == RouterAdvertiser::Event{kPort, final});
        times.push_back(now);
      }
      events.clear();
    }
    return times;
  }
  void start_and_settle() {
    advertiser.start(kPort, kLongest, now);
    CHECK(times_in(seconds{40}).size() == 3);
  }

  Nanoseconds now = seconds{100};
  RouterAdvertiser advertiser{1};
  RouterAdvertiser::Events events;
};

}  // namespace

TEST_CASE_METHOD(AdvertiserFixture,
                 "a port is advertised on three times in 16 s each, then rarely") {
  const Nanoseconds start = now;
  advertiser.start(kPort, kLongest, now);
  CHECK(advertiser.is_advertising(kPort));
  const auto times = times_in(seconds{10'000});
  REQUIRE(times.size() > 16);
  CHECK(times[0] - start <= milliseconds{500} + kStep);
  for (std::size_t i = 1; i < times.size(); ++i) {
    const Nanoseconds interval = times[i] - times[i - 1];
    CHECK(interval <= (i < 3 ? seconds{16} : kLongest) + kStep);
    CHECK(interval >= (i < 3 ? seconds{3} : seconds{198}) - kStep);
  }
}

TEST_CASE_METHOD(AdvertiserFixture, "the shortest interval is three seconds") {
  advertiser.start(kPort, seconds{1}, now);
  const auto times = times_in(seconds{100});
  REQUIRE(times.size() >= 20);
  for (std::size_t i = 1; i < times.size(); ++i) {
    CHECK(times[i] - times[i - 1] >= seconds{3} - kStep);
    CHECK(times[i] - times[i - 1] <= seconds{4} + kStep);
  }
}

TEST_CASE_METHOD(AdvertiserFixture, "a solicitation is answered within half a second") {
  start_and_settle();
  const Nanoseconds asked = now;
  advertiser.hear_solicitation(kPort, now);
  advertiser.hear_solicitation(kPort, now);
  const auto times = times_in(seconds{100});
  REQUIRE(times.size() == 1);
  CHECK(times[0] - asked <= milliseconds{500} + kStep);
}

TEST_CASE_METHOD(AdvertiserFixture, "many solicitations are answered every three seconds") {
  start_and_settle();
  std::vector<Nanoseconds> times;
  for (int i = 0; i < 3000; ++i) {
    advertiser.hear_solicitation(kPort, now);
    for (const Nanoseconds time : times_in(kStep)) {
      times.push_back(time);
    }
  }
  CHECK(times.size() >= 8);
  for (std::size_t i = 1; i < times.size(); ++i) {
    CHECK(times[i] - times[i - 1] >= seconds{3});
    CHECK(times[i] - times[i - 1] <= milliseconds{3600});
  }
}

TEST_CASE_METHOD(AdvertiserFixture, "a port that ceases to advertise says so three times") {
  start_and_settle();
  advertiser.stop(kPort, now, events);
  REQUIRE(events == RouterAdvertiser::Events{{kPort, true}});
  events.clear();
  CHECK_FALSE(advertiser.is_advertising(kPort));
  advertiser.hear_solicitation(kPort, now);
  const Nanoseconds stopped = now;
  const auto times = times_in(seconds{1000}, true);
  REQUIRE(times.size() == 2);
  CHECK(times[0] - stopped == seconds{3});
  CHECK(times[1] - times[0] == seconds{3});
  CHECK_FALSE(advertiser.next_deadline());
}

TEST_CASE_METHOD(AdvertiserFixture, "a port that starts again while it ceases advertises") {
  start_and_settle();
  advertiser.stop(kPort, now, events);
  events.clear();
  const Nanoseconds stopped = now;
  advertiser.start(kPort, kLongest, now);
  const auto times = times_in(seconds{40});
  REQUIRE(times.size() == 3);
  CHECK(times[0] - stopped >= seconds{3});
}

TEST_CASE_METHOD(AdvertiserFixture, "a port that never advertised ceases silently") {
  advertiser.stop(kPort, now, events);
  advertiser.start(kPort, kLongest, now);
  advertiser.stop(kPort, now, events);
  CHECK(events.empty());
  CHECK_FALSE(advertiser.next_deadline());
}

TEST_CASE_METHOD(AdvertiserFixture,
                 "nothing is sent without a link; it returns with three in short time") {
  start_and_settle();
  advertiser.set_link(kPort, false, now);
  advertiser.hear_solicitation(kPort, now);
  CHECK(times_in(seconds{1000}).empty());
  CHECK_FALSE(advertiser.next_deadline());
  advertiser.set_link(kPort, true, now);
  CHECK(times_in(seconds{40}).size() == 3);
}

TEST_CASE_METHOD(AdvertiserFixture, "what has changed is advertised soon") {
  start_and_settle();
  advertiser.start(kPort, kLongest, now);
  CHECK(times_in(seconds{1}).size() == 1);
}

TEST_CASE_METHOD(AdvertiserFixture, "a port that is gone is not advertised on") {
  start_and_settle();
  advertiser.remove(kPort);
  CHECK_FALSE(advertiser.next_deadline());
  advertiser.hear_solicitation(kPort, now);
  CHECK_FALSE(advertiser.next_deadline());
}

}  // namespace ringroad::neigh
