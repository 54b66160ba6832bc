// SPDX-License-Identifier: BSD-3-Clause
// The entries of the table: keys and ids, and how the operator adds, deletes and lists them.
#include "table_fixture.hpp"

namespace ringroad::neigh {

TEST_CASE_METHOD(NudFixture, "the same address on two ports is two neighbors") {
  const NeighborId first = reachable(host(1, 0));
  const NeighborId second = incomplete(host(1, 1));
  CHECK(first != second);
  CHECK(table.size() == 2);
  answer(host(1, 1), kOtherMac);
  CHECK(table.entry(first).mac == kMac);
  CHECK(table.entry(second).mac == kOtherMac);
}

TEST_CASE_METHOD(NudFixture, "a permanent neighbor is published and then left alone") {
  const NeighborId id = table.set_permanent(host(1), kMac, now, events);
  CHECK(take_kinds() == Kinds{Kind::kResolved});
  CHECK(state(id) == State::kPermanent);
  now += seconds{10};
  CHECK(answer(host(1), kOtherMac).empty());
  CHECK(ask_us(host(1), kOtherMac).empty());
  CHECK(use(id).empty());
  CHECK(table.resolve(host(1), now, events) == id);
  CHECK(tick_after(std::chrono::hours{48}).empty());
  CHECK(state(id) == State::kPermanent);
  CHECK(table.entry(id).mac == kMac);
}

TEST_CASE_METHOD(NudFixture, "any neighbor can be made permanent, and its timer stops") {
  NeighborId id{};
  SECTION("incomplete") { id = incomplete(host(1)); }
  SECTION("reachable") { id = reachable(host(1)); }
  SECTION("stale") { id = stale(host(1)); }
  SECTION("delay") { id = delay(host(1)); }
  SECTION("probe") { id = probing(host(1)); }
  SECTION("failed") { id = failed(host(1)); }
  SECTION("permanent") { id = table.set_permanent(host(1), kMac, now, events); }
  events.clear();
  CHECK(table.set_permanent(host(1), kOtherMac, now, events) == id);
  CHECK(take_kinds() == Kinds{Kind::kResolved});
  CHECK(table.entry(id).mac == kOtherMac);
  CHECK(tick_after(std::chrono::hours{48}).empty());
  CHECK(table.size() == 1);
}

TEST_CASE_METHOD(NudFixture, "an erased neighbor is announced, can still be read, and is gone") {
  const NeighborId id = reachable(host(1));
  CHECK(table.erase(host(1), events));
  REQUIRE(events.size() == 1);
  CHECK(events[0].kind == Kind::kRemoved);
  CHECK(events[0].id == id);
  CHECK(table.entry(id).key == host(1));
  CHECK(table.entry(id).mac == kMac);
  CHECK(table.find(host(1)) == std::nullopt);
  CHECK(table.size() == 0);
  CHECK(table.next_deadline() == std::nullopt);
  CHECK(table.counters().destroys == 1);
  events.clear();
  CHECK_FALSE(table.erase(host(1), events));
  CHECK(events.empty());
}

TEST_CASE_METHOD(NudFixture, "a permanent neighbor can be erased") {
  table.set_permanent(host(1), kMac, now, events);
  events.clear();
  CHECK(table.erase(host(1), events));
  CHECK(take_kinds() == Kinds{Kind::kRemoved});
  CHECK(table.size() == 0);
}

TEST_CASE_METHOD(NudFixture, "a removed neighbor's id is used again by the call after") {
  const NeighborId id = stale(host(1));
  table.erase(host(1), events);
  CHECK(incomplete(host(2)) == id);
  CHECK(table.entry(id).probes == 1);
  CHECK(state(id) == State::kIncomplete);
}

TEST_CASE_METHOD(NudFixture, "use of a removed neighbor that is reported late does nothing") {
  const NeighborId id = stale(host(1));
  table.erase(host(1), events);
  events.clear();
  CHECK(use(id).empty());
  CHECK(use(NeighborId{12345}).empty());
  CHECK(tick_after(std::chrono::hours{48}).empty());
  CHECK(table.size() == 0);
}

TEST_CASE_METHOD(NudFixture, "a flush takes all but the permanent, of one port or of all") {
  incomplete(host(1, 0));
  reachable(host(2, 0));
  failed(host(3, 1));
  stale(host(4, 1));
  table.set_permanent(host(5, 1), kMac, now, events);
  events.clear();
  CHECK(table.flush(InterfaceId{1}, events) == 2);
  CHECK(take_kinds() == Kinds{Kind::kRemoved, Kind::kRemoved});
  CHECK(table.size() == 3);
  CHECK(table.flush(std::nullopt, events) == 2);
  CHECK(table.size() == 1);
  CHECK(table.find(host(5, 1)).has_value());
}

TEST_CASE_METHOD(NudFixture, "neighbors are visited in the order of ports, then addresses") {
  for (const auto key : {host(9, 1), host(3, 0), host(1, 1), host(7, 0)}) {
    incomplete(key);
  }
  std::vector<Key4> visited;
  table.for_each([&](NeighborId id, const Entry4& entry) {
    CHECK(table.find(entry.key) == id);
    visited.push_back(entry.key);
  });
  CHECK(visited == std::vector<Key4>{host(3, 0), host(7, 0), host(1, 1), host(9, 1)});
}

TEST_CASE_METHOD(NudFixture, "pages, one behind the other, are the whole in order") {
  for (std::uint32_t i = 0; i < 100; ++i) {
    incomplete(host(i * 7919 % 1000, static_cast<std::uint16_t>(i % 3)));
  }
  std::vector<NeighborId> whole;
  table.for_each([&](NeighborId id, const Entry4&) { whole.push_back(id); });
  REQUIRE(whole.size() == 100);
  std::vector<NeighborId> pages;
  std::optional<Key4> after;
  for (auto page = table.page(after, 7); !page.empty(); page = table.page(after, 7)) {
    CHECK(page.size() <= 7);
    pages.insert(pages.end(), page.begin(), page.end());
    after = table.entry(page.back()).key;
  }
  CHECK(pages == whole);
  CHECK(table.page(std::nullopt, 0).empty());
}

TEST_CASE_METHOD(NudFixture, "lookups and hits are counted where packets and messages look") {
  incomplete(host(1));
  table.resolve(host(1), now, events);
  answer(host(1));
  overhear(host(2));
  CHECK(table.counters().lookups == 4);
  CHECK(table.counters().hits == 2);
  CHECK(table.counters().allocs == 1);
}

TEST_CASE("a table of IPv6 neighbors tells them apart in all bits, and lists them in order") {
  Table6 table{Parameters{}, Limits{}, 1};
  Events events;
  std::vector<Key6> keys;
  for (unsigned bit = 0; bit < 64; ++bit) {
    keys.push_back({InterfaceId{1}, Ipv6{std::uint64_t{1} << bit, 0}});
    keys.push_back({InterfaceId{1}, Ipv6{0, std::uint64_t{1} << bit}});
  }
  for (const Key6& key : keys) {
    CHECK(table.resolve(key, std::chrono::seconds{1}, events));
  }
  CHECK(table.size() == keys.size());
  for (const Key6& key : keys) {
    const auto id = table.find(key);
    REQUIRE(id);
    CHECK(table.entry(*id).key == key);
  }
  std::ranges::sort(keys);
  std::vector<Key6> listed;
  for (const NeighborId id : table.page(std::nullopt, keys.size())) {
    listed.push_back(table.entry(id).key);
  }
  CHECK(listed == keys);
}

TEST_CASE_METHOD(NudFixture, "a reachable neighbor that another station claims to be is stale") {
  const NeighborId id = reachable(host(1));
  CHECK(table.suspect(id, now, events));
  CHECK(take_kinds() == Kinds{Kind::kStateChanged});
  CHECK(state(id) == State::kStale);
  CHECK(table.entry(id).mac == kMac);
  // Nothing else changes: not a timer that runs, nor a permanent neighbor.
  const NeighborId delayed = delay(host(2));
  CHECK_FALSE(table.suspect(delayed, now, events));
  CHECK(state(delayed) == State::kDelay);
  const NeighborId permanent = table.set_permanent(host(3), kMac, now, events);
  events.clear();
  CHECK_FALSE(table.suspect(permanent, now, events));
  CHECK(take_kinds().empty());
}

}  // namespace ringroad::neigh
