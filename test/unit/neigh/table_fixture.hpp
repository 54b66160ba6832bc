// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A table with a clock that the test advances, and short names for the calls.
#include <catch2/catch.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "neigh/table.hpp"

namespace ringroad::neigh {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Kind = Event::Kind;
using Kinds = std::vector<Kind>;

inline constexpr Mac kMac{{2, 0, 0, 0, 0, 1}};
inline constexpr Mac kOtherMac{{2, 0, 0, 0, 0, 2}};

inline Key4 host(std::uint32_t number, std::uint16_t port = 0) {
  return {InterfaceId{port}, Ipv4{(std::uint32_t{10} << 24) + number}};
}

struct TableFixture {
  Nanoseconds now = seconds{100};
  Parameters parameters;
  Limits limits;
  Table4 table{parameters, limits, 1};
  Events events;

  // Called after a change of `parameters` or `limits`.
  void rebuild(std::uint64_t seed = 1) { table = Table4{parameters, limits, seed}; }

  // Returns the kinds of the events since the last call, and removes them.
  Kinds take_kinds() {
    Kinds kinds;
    for (const Event& event : events) {
      kinds.push_back(event.kind);
    }
    events.clear();
    return kinds;
  }
  std::size_t take_count(Kind kind) {
    std::size_t count = 0;
    for (const Event& event : events) {
      count += event.kind == kind ? 1U : 0U;
    }
    events.clear();
    return count;
  }

  Kinds tick_after(Nanoseconds pause) {
    now += pause;
    table.tick(now, events);
    return take_kinds();
  }
  Kinds answer(Key4 key, Mac mac = kMac) {
    table.learn({.key = key, .mac = mac, .solicited = true, .for_us = true}, now, events);
    return take_kinds();
  }
  // An ARP message that answers no request of the router and is not addressed to the router.
  Kinds overhear(Key4 key, Mac mac = kMac) {
    table.learn({.key = key, .mac = mac}, now, events);
    return take_kinds();
  }
  Kinds ask_us(Key4 key, Mac mac = kMac) {
    table.learn({.key = key, .mac = mac, .for_us = true, .overrides = true}, now, events);
    return take_kinds();
  }
  Kinds use(NeighborId id) {
    table.mark_used(id, now, events);
    return take_kinds();
  }

  NeighborId incomplete(Key4 key) {
    const auto id = table.resolve(key, now, events);
    REQUIRE(id.has_value());
    events.clear();
    return *id;
  }
  NeighborId reachable(Key4 key) {
    const NeighborId id = incomplete(key);
    answer(key);
    REQUIRE(state(id) == State::kReachable);
    return id;
  }
  NeighborId stale(Key4 key) {
    ask_us(key);
    const auto id = table.find(key);
    REQUIRE(id.has_value());
    REQUIRE(state(*id) == State::kStale);
    return *id;
  }
  NeighborId delay(Key4 key) {
    const NeighborId id = stale(key);
    use(id);
    REQUIRE(state(id) == State::kDelay);
    return id;
  }
  NeighborId probing(Key4 key) {
    const NeighborId id = delay(key);
    tick_after(parameters.delay_first_probe);
    REQUIRE(state(id) == State::kProbe);
    return id;
  }
  NeighborId failed(Key4 key) {
    const NeighborId id = incomplete(key);
    tick_after(seconds{1});
    tick_after(seconds{1});
    tick_after(seconds{1});
    REQUIRE(state(id) == State::kFailed);
    return id;
  }

  State state(NeighborId id) const { return table.entry(id).state; }
  // Returns how long a neighbor that was confirmed now stays reachable.
  Nanoseconds remaining() const {
    const auto deadline = table.next_deadline();
    REQUIRE(deadline.has_value());
    return *deadline - now;
  }
};

// No garbage collection runs while states are tested.
struct NudFixture : TableFixture {
  NudFixture() {
    limits.gc_interval = std::chrono::hours{24};
    rebuild();
  }
};

}  // namespace ringroad::neigh
