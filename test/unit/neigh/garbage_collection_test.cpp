// SPDX-License-Identifier: BSD-3-Clause
// Which neighbors are removed, and when; and what happens if the table is full.
#include "table_fixture.hpp"

namespace ringroad::neigh {
namespace {

// Distinct hosts for each state under test.
constexpr std::uint32_t kFirst = 1000;

struct GcFixture : TableFixture {
  void make_stale(std::uint32_t count, std::uint32_t first = kFirst) {
    for (std::uint32_t i = 0; i < count; ++i) {
      ask_us(host(first + i));
    }
  }
  std::size_t removed_by_tick_after(Nanoseconds pause) {
    now += pause;
    table.tick(now, events);
    return take_count(Kind::kRemoved);
  }
};

}  // namespace

TEST_CASE_METHOD(GcFixture, "below gc_thresh1 nothing is ever collected") {
  make_stale(100);
  failed(host(1));
  CHECK(removed_by_tick_after(std::chrono::hours{24}) == 0);
  CHECK(table.size() == 101);
  CHECK(table.counters().periodic_gc_runs == 1);
}

TEST_CASE_METHOD(GcFixture, "from gc_thresh1 on, what is stale and unused for 60 s is collected") {
  make_stale(127);
  const NeighborId permanent = table.set_permanent(host(1), kMac, now, events);
  CHECK(removed_by_tick_after(seconds{30}) == 0);
  CHECK(removed_by_tick_after(seconds{29}) == 0);
  CHECK(removed_by_tick_after(seconds{1}) == 127);
  CHECK(table.size() == 1);
  CHECK(state(permanent) == State::kPermanent);
  CHECK(table.counters().periodic_gc_runs == 2);
  CHECK(table.counters().destroys == 127);
}

TEST_CASE_METHOD(GcFixture, "collection runs every gc_interval") {
  make_stale(1);
  CHECK(remaining() == seconds{30});
  tick_after(seconds{30});
  CHECK(table.counters().periodic_gc_runs == 1);
  tick_after(seconds{29});
  CHECK(table.counters().periodic_gc_runs == 1);
  tick_after(seconds{1});
  CHECK(table.counters().periodic_gc_runs == 2);
}

TEST_CASE_METHOD(GcFixture, "the failed are collected whatever their age") {
  limits.gc_thresh[0] = 0;
  rebuild();
  const NeighborId id = incomplete(host(1));
  tick_after(seconds{27});
  tick_after(seconds{1});
  now += seconds{2};
  table.tick(now, events);
  REQUIRE(events.size() == 2);
  CHECK(events[0].kind == Kind::kFailed);
  CHECK(events[1].kind == Kind::kRemoved);
  CHECK(events[1].id == id);
  CHECK(table.entry(id).key == host(1));
  CHECK(table.size() == 0);
}

TEST_CASE_METHOD(GcFixture, "a neighbor in use is not collected") {
  limits.gc_thresh[0] = 0;
  rebuild();
  stale(host(1));
  const NeighborId used = stale(host(2));
  now += seconds{58};
  use(used);
  now += seconds{2};
  table.tick(now, events);
  REQUIRE(events.size() == 1);
  CHECK(table.entry(events[0].id).key == host(1));
  CHECK(state(used) == State::kDelay);
}

TEST_CASE_METHOD(GcFixture, "60 s count from the last use or confirmation, not from going stale") {
  limits.gc_thresh[0] = 0;
  limits.gc_interval = milliseconds{1};
  rebuild();
  const NeighborId id = reachable(host(1));
  CHECK(removed_by_tick_after(seconds{45}) == 0);
  CHECK(state(id) == State::kStale);
  CHECK(removed_by_tick_after(seconds{15} - milliseconds{1}) == 0);
  CHECK(removed_by_tick_after(milliseconds{1}) == 1);
}

TEST_CASE_METHOD(GcFixture,
                 "what became stale just now is spared: its use would not be known yet") {
  limits.gc_thresh[0] = 0;
  limits.gc_interval = milliseconds{1};
  parameters.base_reachable = seconds{600};
  rebuild();
  reachable(host(1));
  tick_after(seconds{1000});
  CHECK(state(table.find(host(1)).value()) == State::kStale);
  SECTION("and goes after 5 s") {
    CHECK(removed_by_tick_after(milliseconds{4900}) == 0);
    CHECK(removed_by_tick_after(milliseconds{200}) == 1);
  }
  SECTION("a new MAC counts as a change too") {
    now += milliseconds{4900};
    overhear(host(1), kOtherMac);
    CHECK(removed_by_tick_after(milliseconds{4900}) == 0);
    CHECK(removed_by_tick_after(milliseconds{200}) == 1);
  }
}

TEST_CASE_METHOD(GcFixture,
                 "a tick that may look at few neighbors leaves the others for the next") {
  limits.gc_thresh[0] = 0;
  rebuild();
  for (std::uint32_t i = 0; i < 10; ++i) {
    incomplete(host(i));
  }
  const auto asked = [&](std::size_t most) {
    table.tick(now, events, most);
    return take_count(Kind::kSolicitBroadcast);
  };
  now += seconds{1};
  CHECK(asked(4) == 4);
  CHECK(table.next_deadline() == now);
  CHECK(asked(4) == 4);
  CHECK(asked(4) == 2);
  CHECK(*table.next_deadline() > now);
  table.flush(std::nullopt, events);

  make_stale(5);
  failed(host(1));
  failed(host(2));
  const NeighborId young = [&] {
    now += seconds{90};
    return stale(host(3));
  }();
  use(young);
  const auto collected = [&](std::size_t most) {
    table.tick(now, events, most);
    return take_count(Kind::kRemoved);
  };
  CHECK(collected(1) == 1);
  CHECK(*table.next_deadline() <= now);
  CHECK(collected(3) == 3);
  CHECK(collected(2) == 2);
  CHECK(collected(2) == 1);
  CHECK(*table.next_deadline() > now);
  CHECK(table.size() == 1);
}

TEST_CASE_METHOD(GcFixture, "gc_stale is each port's own") {
  limits.gc_thresh[0] = 0;
  rebuild();
  parameters.gc_stale = seconds{20};
  table.set_parameters(InterfaceId{1}, parameters);
  stale(host(1, 0));
  stale(host(1, 1));
  CHECK(removed_by_tick_after(seconds{30}) == 1);
  CHECK(table.find(host(1, 0)).has_value());
}

TEST_CASE_METHOD(GcFixture, "nothing is collected while it has a timer") {
  limits.gc_thresh[0] = 0;
  limits.gc_interval = seconds{0};
  rebuild();
  incomplete(host(1));
  reachable(host(2));
  delay(host(3));
  CHECK(removed_by_tick_after(seconds{1}) == 0);
  CHECK(table.size() == 3);
}

TEST_CASE_METHOD(GcFixture,
                 "the creation that crosses gc_thresh2 forces out what is stale for 5 s") {
  make_stale(512);
  now += seconds{5};
  const auto id = table.resolve(host(1), now, events);
  REQUIRE(id.has_value());
  CHECK(table.counters().forced_gc_runs == 1);
  REQUIRE(events.size() == 2);
  CHECK(events[0].kind == Kind::kRemoved);
  CHECK(events[1].kind == Kind::kSolicitBroadcast);
  CHECK(events[0].id != events[1].id);
  CHECK(table.entry(events[0].id).key == host(kFirst));
  CHECK(table.size() == 512);
}

TEST_CASE_METHOD(GcFixture, "600 neighbors stale for 6 s are purged to gc_thresh2") {
  make_stale(600);
  CHECK(table.size() == 600);
  now += seconds{6};
  REQUIRE(table.resolve(host(1), now, events).has_value());
  CHECK(take_count(Kind::kRemoved) == 89);
  CHECK(table.size() == 512);
}

TEST_CASE_METHOD(GcFixture, "what became stale less than 5 s ago is spared") {
  make_stale(512);
  now += seconds{5} - Nanoseconds{1};
  REQUIRE(table.resolve(host(1), now, events).has_value());
  CHECK(table.counters().forced_gc_runs == 1);
  CHECK(table.size() == 513);
}

TEST_CASE_METHOD(GcFixture, "below gc_thresh3 collection is forced once in 5 s") {
  make_stale(520);
  const auto runs = table.counters().forced_gc_runs;
  CHECK(runs == 1);
  now += seconds{5} - Nanoseconds{1};
  make_stale(1, 1);
  CHECK(table.counters().forced_gc_runs == runs);
  now += Nanoseconds{1};
  make_stale(1, 2);
  CHECK(table.counters().forced_gc_runs == runs + 1);
}

TEST_CASE_METHOD(GcFixture, "the failed are forced out before the stale") {
  make_stale(511);
  now += seconds{6};
  const NeighborId failure = failed(host(1));
  REQUIRE(table.resolve(host(2), now, events).has_value());
  REQUIRE(events.size() == 2);
  CHECK(events[0].kind == Kind::kRemoved);
  CHECK(events[0].id == failure);
}

TEST_CASE_METHOD(GcFixture, "a full table refuses, counts, and keeps what it knows") {
  limits.gc_thresh = {1, 4, 8};
  rebuild();
  const NeighborId known = reachable(host(1));
  for (std::uint32_t i = 2; i <= 8; ++i) {
    incomplete(host(i));
  }
  CHECK(table.resolve(host(9), now, events) == std::nullopt);
  CHECK(events.empty());
  CHECK(table.counters().table_fulls == 1);
  CHECK(ask_us(host(10)).empty());
  CHECK(table.counters().table_fulls == 2);
  CHECK(table.size() == 8);
  CHECK(table.resolve(host(1), now, events) == known);
  CHECK(state(known) == State::kReachable);

  SECTION("until the hosts that do not exist have failed") {
    tick_after(seconds{1});
    tick_after(seconds{1});
    tick_after(seconds{1});
    CHECK(table.resolve(host(9), now, events).has_value());
    CHECK(take_count(Kind::kRemoved) == 5);
    CHECK(table.size() == 4);
    CHECK(state(known) == State::kReachable);
  }
  SECTION("but the operator may still add to it") {
    const NeighborId id = table.set_permanent(host(9), kMac, now, events);
    CHECK(state(id) == State::kPermanent);
    CHECK(table.size() == 9);
  }
}

TEST_CASE_METHOD(GcFixture, "permanent neighbors do not count against the limits") {
  limits.gc_thresh = {1, 2, 2};
  rebuild();
  for (std::uint32_t i = 1; i <= 50; ++i) {
    table.set_permanent(host(i), kMac, now, events);
  }
  incomplete(host(100));
  incomplete(host(101));
  CHECK(table.resolve(host(102), now, events) == std::nullopt);
  CHECK(table.size() == 52);
}

TEST_CASE_METHOD(GcFixture,
                 "a permanent neighbor that is erased or replaced leaves the limits right") {
  limits.gc_thresh = {1, 1, 1};
  rebuild();
  incomplete(host(1));
  table.set_permanent(host(1), kMac, now, events);
  incomplete(host(2));
  CHECK(table.erase(host(1), events));
  CHECK(table.resolve(host(3), now, events) == std::nullopt);
  CHECK(table.erase(host(2), events));
  CHECK(table.resolve(host(3), now, events).has_value());
}

TEST_CASE_METHOD(GcFixture, "a scan of absent hosts stays within gc_thresh3 and spares the known") {
  const NeighborId known = reachable(host(1));
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    now += milliseconds{1};
    table.resolve(host(kFirst + i), now, events);
    table.tick(now, events);
    REQUIRE(table.size() <= 1024);
    events.clear();
    if (i % 10'000 == 9'999) {
      answer(host(1));
    }
  }
  CHECK(table.counters().table_fulls > 0);
  CHECK(table.find(host(1)) == known);
  CHECK(table.entry(known).mac == kMac);
}

TEST_CASE_METHOD(GcFixture, "65536 neighbors live, time out and leave") {
  limits.gc_thresh = {1024, 65'536, 65'536};
  rebuild();
  for (std::uint32_t i = 0; i < 65'536; ++i) {
    reachable(host(i));
  }
  CHECK(table.size() == 65'536);
  now += seconds{45};
  table.tick(now, events);
  CHECK(take_count(Kind::kStateChanged) == 65'536);
  now += seconds{60};
  table.tick(now, events);
  CHECK(take_count(Kind::kRemoved) == 65'536);
  CHECK(table.size() == 0);
  reachable(host(1));
}

}  // namespace ringroad::neigh
