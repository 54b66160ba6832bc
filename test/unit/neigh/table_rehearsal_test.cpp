// SPDX-License-Identifier: BSD-3-Clause
// What a rehearsal finds is what the same calls of resolve() then find.
#include "neigh/table_rehearsal.hpp"

#include <array>
#include <random>

#include "table_fixture.hpp"

namespace ringroad::neigh {
namespace {

using Found = Table4::Rehearsal::Found;

struct RehearsalFixture : TableFixture {
  RehearsalFixture() {
    limits.gc_thresh = {1, 2, 3};
    rebuild();
  }

  std::vector<Found> rehearse(const std::vector<Key4>& keys) const {
    Table4::Rehearsal rehearsal{table, now};
    std::vector<Found> found;
    for (const Key4 key : keys) {
      found.push_back(rehearsal.resolve(key));
    }
    return found;
  }

  Found resolve(Key4 key) {
    Events caused;
    const auto id = table.resolve(key, now, caused);
    if (!id) {
      return Found::kFull;
    }
    return has_mac(state(*id))            ? Found::kMac
           : state(*id) == State::kFailed ? Found::kFails
                                          : Found::kWaits;
  }
  std::vector<Found> resolve(const std::vector<Key4>& keys) {
    std::vector<Found> found;
    for (const Key4 key : keys) {
      found.push_back(resolve(key));
    }
    return found;
  }
};

}  // namespace

TEST_CASE_METHOD(RehearsalFixture, "a rehearsed entry takes room from the next") {
  incomplete(host(1));
  incomplete(host(2));
  CHECK(rehearse({host(3), host(4), host(3)}) ==
        std::vector{Found::kWaits, Found::kFull, Found::kWaits});
  CHECK(table.size() == 2);
}

TEST_CASE_METHOD(RehearsalFixture, "what became stale less than 5 s ago makes no room") {
  incomplete(host(1));
  incomplete(host(2));
  stale(host(3));
  CHECK(rehearse({host(4)}) == std::vector{Found::kFull});
  now += seconds{5};
  CHECK(rehearse({host(4)}) == std::vector{Found::kWaits});
}

TEST_CASE_METHOD(RehearsalFixture, "a rehearsed entry may force out what the next looks for") {
  stale(host(1));
  stale(host(2));
  now += seconds{5};
  CHECK(rehearse({host(1)}) == std::vector{Found::kMac});
  CHECK(rehearse({host(3), host(1)}) == std::vector{Found::kWaits, Found::kWaits});
  // One that is used first is spared, and the next oldest is removed.
  CHECK(rehearse({host(1), host(3), host(1), host(2)}) ==
        std::vector{Found::kMac, Found::kWaits, Found::kMac, Found::kWaits});
  CHECK(table.find(host(1)).has_value());
}

TEST_CASE_METHOD(RehearsalFixture, "in random tables a rehearsal finds what resolve() then finds") {
  limits.gc_thresh = {2, 6, 10};
  rebuild();
  Parameters silent;
  silent.multicast_probes = 0;
  table.set_parameters(InterfaceId{1}, silent);
  std::mt19937_64 random{1};
  const auto below = [&random](std::uint32_t end) {
    return static_cast<std::uint32_t>(random() % end);
  };
  std::array<std::size_t, 4> seen{};
  for (int step = 0; step < 100'000; ++step) {
    tick_after(milliseconds{below(step / 500 % 2 == 0 ? 100 : 1500)});
    std::vector<Key4> keys(1 + below(4));
    for (Key4& key : keys) {
      key = host(below(20), below(4) == 0 ? 1 : 0);
    }
    if (below(2) == 0) {
      ask_us(keys.front());
      continue;
    }
    const auto found = rehearse(keys);
    REQUIRE(found == resolve(keys));
    for (const Found one : found) {
      ++seen.at(static_cast<std::size_t>(one));
    }
    if (below(2) == 0) {
      answer(keys.front());
    }
  }
  for (const std::size_t count : seen) {
    CHECK(count > 100);
  }
}

}  // namespace ringroad::neigh
