// SPDX-License-Identifier: BSD-3-Clause
// The NUD state machine: every transition and every timer.
#include <algorithm>
#include <utility>

#include "table_fixture.hpp"

namespace ringroad::neigh {
namespace {

constexpr Nanoseconds kMoment{1};

}  // namespace

TEST_CASE("the states are called as ip neigh prints them") {
  CHECK(to_string(State::kIncomplete) == "INCOMPLETE");
  CHECK(to_string(State::kReachable) == "REACHABLE");
  CHECK(to_string(State::kStale) == "STALE");
  CHECK(to_string(State::kDelay) == "DELAY");
  CHECK(to_string(State::kProbe) == "PROBE");
  CHECK(to_string(State::kFailed) == "FAILED");
  CHECK(to_string(State::kPermanent) == "PERMANENT");
}

TEST_CASE_METHOD(NudFixture, "an unknown neighbor is asked for at once") {
  const auto id = table.resolve(host(1), now, events);
  REQUIRE(id.has_value());
  REQUIRE(events.size() == 1);
  CHECK(events[0].kind == Kind::kSolicitBroadcast);
  CHECK(events[0].id == *id);
  CHECK(state(*id) == State::kIncomplete);
  CHECK(table.find(host(1)) == id);
  CHECK(table.entry(*id).key == host(1));
  CHECK(table.entry(*id).used == now);
}

TEST_CASE_METHOD(NudFixture, "an absent neighbor is asked for three times, 1 s apart, then fails") {
  const NeighborId id = incomplete(host(1));
  CHECK(remaining() == seconds{1});
  CHECK(tick_after(seconds{1} - kMoment).empty());
  CHECK(tick_after(kMoment) == Kinds{Kind::kSolicitBroadcast});
  CHECK(tick_after(seconds{1}) == Kinds{Kind::kSolicitBroadcast});
  CHECK(tick_after(seconds{1} - kMoment).empty());
  CHECK(tick_after(kMoment) == Kinds{Kind::kFailed});
  CHECK(state(id) == State::kFailed);
  CHECK(table.counters().res_failed == 1);
  CHECK(tick_after(seconds{60}).empty());
}

TEST_CASE_METHOD(NudFixture, "requests are never less than 10 ms apart") {
  parameters.retransmit = milliseconds{1};
  rebuild();
  incomplete(host(1));
  CHECK(remaining() == milliseconds{10});
  CHECK(tick_after(milliseconds{9}).empty());
  CHECK(tick_after(milliseconds{1}) == Kinds{Kind::kSolicitBroadcast});
}

TEST_CASE_METHOD(NudFixture, "a longer retransmit time is kept to") {
  parameters.retransmit = seconds{7};
  rebuild();
  incomplete(host(1));
  CHECK(remaining() == seconds{7});
}

TEST_CASE_METHOD(NudFixture, "the number of requests is a parameter, none included") {
  parameters.multicast_probes = 1;
  rebuild();
  incomplete(host(1));
  CHECK(tick_after(seconds{1}) == Kinds{Kind::kFailed});

  parameters.multicast_probes = 0;
  rebuild();
  REQUIRE(table.resolve(host(1), now, events).has_value());
  CHECK(take_kinds() == Kinds{Kind::kFailed});
}

TEST_CASE_METHOD(NudFixture, "more packets for a neighbor being asked for add no request") {
  const NeighborId id = incomplete(host(1));
  now += milliseconds{300};
  CHECK(table.resolve(host(1), now, events) == id);
  CHECK(events.empty());
  CHECK(table.entry(id).probes == 1);
  CHECK(remaining() == milliseconds{700});
}

TEST_CASE_METHOD(NudFixture, "a tick that comes late sends one request, not those it missed") {
  incomplete(host(1));
  CHECK(tick_after(seconds{20}) == Kinds{Kind::kSolicitBroadcast});
  CHECK(remaining() == seconds{1});
}

TEST_CASE_METHOD(NudFixture, "an answer resolves the neighbor") {
  const NeighborId id = incomplete(host(1));
  now += milliseconds{3};
  CHECK(answer(host(1)) == Kinds{Kind::kResolved});
  CHECK(state(id) == State::kReachable);
  CHECK(table.entry(id).mac == kMac);
  CHECK(table.entry(id).confirmed == now);
  CHECK(table.entry(id).updated == now);
  CHECK(table.entry(id).probes == 0);
}

TEST_CASE_METHOD(NudFixture,
                 "any message from a neighbor being asked for resolves it, unconfirmed") {
  const NeighborId id = incomplete(host(1));
  CHECK(overhear(host(1)) == Kinds{Kind::kResolved});
  CHECK(state(id) == State::kStale);
  CHECK(table.entry(id).confirmed == Nanoseconds{});
}

TEST_CASE_METHOD(NudFixture, "the next packet for a failed neighbor asks again, from the start") {
  const NeighborId id = failed(host(1));
  now += seconds{1};
  CHECK(table.resolve(host(1), now, events) == id);
  CHECK(table.entry(id).used == now);
  CHECK(take_kinds() == Kinds{Kind::kSolicitBroadcast});
  CHECK(state(id) == State::kIncomplete);
  CHECK(tick_after(seconds{1}) == Kinds{Kind::kSolicitBroadcast});
  CHECK(tick_after(seconds{1}) == Kinds{Kind::kSolicitBroadcast});
  CHECK(tick_after(seconds{1}) == Kinds{Kind::kFailed});
}

TEST_CASE_METHOD(NudFixture, "a failed neighbor that speaks is resolved") {
  const NeighborId id = failed(host(1));
  CHECK(overhear(host(1)) == Kinds{Kind::kResolved});
  CHECK(state(id) == State::kStale);
}

TEST_CASE_METHOD(NudFixture, "use of a failed neighbor is noted and changes nothing") {
  const NeighborId id = failed(host(1));
  CHECK(use(id).empty());
  CHECK(table.entry(id).used == now);
  CHECK(state(id) == State::kFailed);
}

TEST_CASE_METHOD(NudFixture,
                 "the reachable time is drawn from half to one and a half times the base") {
  Nanoseconds shortest = seconds{1000};
  Nanoseconds longest{};
  for (std::uint64_t seed = 0; seed < 2000; ++seed) {
    rebuild(seed);
    reachable(host(1));
    shortest = std::min(shortest, remaining());
    longest = std::max(longest, remaining());
  }
  CHECK(shortest >= seconds{15});
  CHECK(shortest < milliseconds{15'300});
  CHECK(longest <= seconds{45});
  CHECK(longest > milliseconds{44'700});
}

TEST_CASE_METHOD(NudFixture, "the reachable time is drawn again every 300 s") {
  reachable(host(1));
  const Nanoseconds first = remaining();
  now += seconds{300} - kMoment;
  answer(host(1));
  CHECK(remaining() == first);
  now += kMoment;
  answer(host(1));
  CHECK(remaining() != first);
}

TEST_CASE_METHOD(NudFixture, "each port has its own parameters, and draws its own reachable time") {
  Parameters slow = parameters;
  slow.base_reachable = seconds{1000};
  slow.retransmit = seconds{7};
  slow.multicast_probes = 1;
  table.set_parameters(InterfaceId{1}, slow);
  CHECK(table.parameters(InterfaceId{0}) == parameters);
  CHECK(table.parameters(InterfaceId{1}) == slow);
  CHECK(table.parameters(InterfaceId{9}) == parameters);
  incomplete(host(1, 1));
  CHECK(remaining() == seconds{7});
  CHECK(tick_after(seconds{7}) == Kinds{Kind::kFailed});
  reachable(host(2, 1));
  CHECK(remaining() >= seconds{500});
  reachable(host(1, 0));
  CHECK(remaining() <= seconds{45});
}

TEST_CASE_METHOD(NudFixture, "a port's new base is drawn from at once") {
  reachable(host(1));
  CHECK(remaining() <= seconds{45});
  parameters.base_reachable = seconds{1000};
  table.set_parameters(InterfaceId{0}, parameters);
  answer(host(1));
  CHECK(remaining() >= seconds{500});
}

TEST_CASE_METHOD(NudFixture, "the reachable time repeats with the seed") {
  reachable(host(1));
  const Nanoseconds first = remaining();
  rebuild(1);
  reachable(host(1));
  CHECK(remaining() == first);
  rebuild(2);
  reachable(host(1));
  CHECK(remaining() != first);
}

TEST_CASE_METHOD(NudFixture, "a reachable neighbor goes stale when its time is up") {
  const NeighborId id = reachable(host(1));
  const Nanoseconds lifetime = remaining();
  CHECK(tick_after(lifetime - kMoment).empty());
  CHECK(tick_after(kMoment) == Kinds{Kind::kStateChanged});
  CHECK(state(id) == State::kStale);
  CHECK(table.entry(id).mac == kMac);
  CHECK(table.entry(id).updated == now);
}

TEST_CASE_METHOD(NudFixture, "a reachable neighbor used within 5 s of its time goes to delay") {
  const NeighborId id = reachable(host(1));
  const Nanoseconds lifetime = remaining();
  const auto [used_before_end, expected] =
      GENERATE(std::pair{seconds{5}, State::kDelay}, std::pair{seconds{6}, State::kStale});
  now += lifetime - used_before_end;
  CHECK(use(id).empty());
  CHECK(tick_after(used_before_end) == Kinds{Kind::kStateChanged});
  CHECK(state(id) == expected);
}

TEST_CASE_METHOD(NudFixture,
                 "an answer to a reachable neighbor's probe extends its time silently") {
  const NeighborId id = reachable(host(1));
  const Nanoseconds lifetime = remaining();
  const Nanoseconds resolved = now;
  now += seconds{10};
  CHECK(answer(host(1)).empty());
  CHECK(state(id) == State::kReachable);
  CHECK(remaining() == lifetime);
  CHECK(table.entry(id).confirmed == now);
  CHECK(table.entry(id).updated == resolved);
}

TEST_CASE_METHOD(NudFixture, "use of a stale neighbor starts the delay, whoever reports it") {
  const NeighborId id = stale(host(1));
  now += seconds{10};
  SECTION("the packet path") { CHECK(use(id) == Kinds{Kind::kStateChanged}); }
  SECTION("a packet that asks for it") {
    CHECK(table.resolve(host(1), now, events) == id);
    CHECK(take_kinds() == Kinds{Kind::kStateChanged});
  }
  CHECK(state(id) == State::kDelay);
  CHECK(table.entry(id).used == now);
  CHECK(remaining() == seconds{5});
}

TEST_CASE_METHOD(NudFixture, "use in delay is noted and postpones nothing") {
  const NeighborId id = delay(host(1));
  now += seconds{3};
  CHECK(use(id).empty());
  CHECK(table.entry(id).used == now);
  CHECK(remaining() == seconds{2});
}

TEST_CASE_METHOD(NudFixture, "after 5 s of delay the known MAC is asked three times, then fails") {
  const NeighborId id = delay(host(1));
  CHECK(tick_after(seconds{5} - kMoment).empty());
  CHECK(tick_after(kMoment) == Kinds{Kind::kStateChanged, Kind::kSolicitUnicast});
  CHECK(state(id) == State::kProbe);
  CHECK(tick_after(seconds{1}) == Kinds{Kind::kSolicitUnicast});
  CHECK(tick_after(seconds{1} - kMoment).empty());
  CHECK(tick_after(kMoment) == Kinds{Kind::kSolicitUnicast});
  CHECK(table.entry(id).probes == 3);
  CHECK(tick_after(seconds{1} - kMoment).empty());
  CHECK(tick_after(kMoment) == Kinds{Kind::kFailed});
  CHECK(state(id) == State::kFailed);
  CHECK(table.counters().res_failed == 1);
}

TEST_CASE_METHOD(NudFixture, "delay and unicast requests are parameters") {
  parameters.delay_first_probe = seconds{2};
  parameters.unicast_probes = 1;
  rebuild();
  delay(host(1));
  CHECK(tick_after(seconds{2}) == Kinds{Kind::kStateChanged, Kind::kSolicitUnicast});
  CHECK(tick_after(seconds{1}) == Kinds{Kind::kFailed});
}

TEST_CASE_METHOD(NudFixture, "an answer makes a stale, delayed or probed neighbor reachable") {
  NeighborId id{};
  SECTION("stale") { id = stale(host(1)); }
  SECTION("delay") { id = delay(host(1)); }
  SECTION("probe") { id = probing(host(1)); }
  CHECK(answer(host(1)) == Kinds{Kind::kStateChanged});
  CHECK(state(id) == State::kReachable);
  CHECK(table.entry(id).confirmed == now);
  CHECK(table.entry(id).probes == 0);
  CHECK(remaining() >= seconds{15});
}

TEST_CASE_METHOD(NudFixture,
                 "a request with the MAC we know confirms nothing and changes nothing") {
  NeighborId id{};
  SECTION("reachable") { id = reachable(host(1)); }
  SECTION("stale") { id = stale(host(1)); }
  SECTION("delay") { id = delay(host(1)); }
  SECTION("probe") { id = probing(host(1)); }
  const Entry4 before = table.entry(id);
  const auto deadline = table.next_deadline();
  now += milliseconds{10};
  CHECK(ask_us(host(1)).empty());
  CHECK(overhear(host(1)).empty());
  CHECK(state(id) == before.state);
  CHECK(table.entry(id).confirmed == before.confirmed);
  CHECK(table.entry(id).updated == before.updated);
  CHECK(table.next_deadline() == deadline);
}

TEST_CASE_METHOD(NudFixture, "a known neighbor's new MAC is taken from any message, unconfirmed") {
  NeighborId id{};
  SECTION("reachable") { id = reachable(host(1)); }
  SECTION("stale") { id = stale(host(1)); }
  SECTION("delay") { id = delay(host(1)); }
  SECTION("probe") { id = probing(host(1)); }
  now += seconds{1} + kMoment;
  CHECK(overhear(host(1), kOtherMac) == Kinds{Kind::kResolved});
  CHECK(state(id) == State::kStale);
  CHECK(table.entry(id).mac == kOtherMac);
  CHECK(table.entry(id).confirmed == Nanoseconds{});
  CHECK(table.entry(id).updated == now);
}

TEST_CASE_METHOD(NudFixture, "an answer with a new MAC confirms that one") {
  const NeighborId id = reachable(host(1));
  now += seconds{2};
  CHECK(answer(host(1), kOtherMac) == Kinds{Kind::kResolved});
  CHECK(state(id) == State::kReachable);
  CHECK(table.entry(id).mac == kOtherMac);
}

TEST_CASE_METHOD(NudFixture, "of two MACs within the locktime the first is kept") {
  const NeighborId id = reachable(host(1));
  const Nanoseconds confirmed = now;
  now += milliseconds{100};
  CHECK(answer(host(1), kOtherMac).empty());
  CHECK(overhear(host(1), kOtherMac).empty());
  now += milliseconds{900};
  CHECK(answer(host(1), kOtherMac).empty());
  CHECK(table.entry(id).mac == kMac);
  CHECK(table.entry(id).confirmed == confirmed);
  now += kMoment;
  CHECK(answer(host(1), kOtherMac) == Kinds{Kind::kResolved});
  CHECK(table.entry(id).mac == kOtherMac);
}

TEST_CASE_METHOD(NudFixture, "messages that say nothing new do not prolong the locktime") {
  const NeighborId id = reachable(host(1));
  now += milliseconds{900};
  answer(host(1));
  overhear(host(1));
  now += milliseconds{101};
  CHECK(answer(host(1), kOtherMac) == Kinds{Kind::kResolved});
  CHECK(table.entry(id).mac == kOtherMac);
}

TEST_CASE_METHOD(NudFixture, "a gratuitous message takes effect within the locktime") {
  const NeighborId id = reachable(host(1));
  table.learn({.key = host(1), .mac = kOtherMac, .overrides = true}, now, events);
  CHECK(take_kinds() == Kinds{Kind::kResolved});
  CHECK(table.entry(id).mac == kOtherMac);
  CHECK(state(id) == State::kStale);
}

TEST_CASE_METHOD(NudFixture, "a request to us from an unknown host makes it known, stale") {
  CHECK(ask_us(host(1)) == Kinds{Kind::kResolved});
  const auto id = table.find(host(1));
  REQUIRE(id.has_value());
  CHECK(state(*id) == State::kStale);
  CHECK(table.entry(*id).mac == kMac);
  CHECK(table.entry(*id).confirmed == Nanoseconds{});
}

TEST_CASE_METHOD(NudFixture, "an answer that was never asked for confirms nothing") {
  CHECK(answer(host(1)) == Kinds{Kind::kResolved});
  const auto id = table.find(host(1));
  REQUIRE(id.has_value());
  CHECK(state(*id) == State::kStale);
}

TEST_CASE_METHOD(NudFixture, "100000 messages between others create nothing") {
  reachable(host(1));
  const auto allocs = table.counters().allocs;
  for (std::uint32_t i = 2; i < 100'002; ++i) {
    table.learn({.key = host(i), .mac = kOtherMac, .overrides = i % 2 == 0}, now, events);
    table.learn({.key = host(i), .mac = kOtherMac, .solicited = true}, now, events);
  }
  CHECK(events.empty());
  CHECK(table.size() == 1);
  CHECK(table.counters().allocs == allocs);
}

}  // namespace ringroad::neigh
