// SPDX-License-Identifier: BSD-3-Clause
// Changes that affect very many routes are done in slices.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <set>
#include <vector>

#include "fib/rib_routes.hpp"

namespace ringroad::fib {

TEST_CASE("a failure that concerns very many routes is seen to in slices of bounded size") {
  constexpr std::uint32_t kRoutes = 50'000;
  Told4 told;
  Rib4 rib{told.listener()};
  const std::vector paths{via({10, 0, 0, 9})};
  const auto entries = many_prefixes(kRoutes);
  REQUIRE(rib.add({.paths = paths, .entries = entries}));
  const auto slices = [&] {
    std::size_t most = 0;
    std::size_t count = 1;
    std::size_t before = told.times;
    rib.reconsider();
    do {
      most = std::max(most, told.times - before);
      before = told.times;
      ++count;
    } while (rib.advance());
    CHECK(most <= Rib4::kSlice / 16);
    return count;
  };
  told.unusable.insert(paths.front());
  CHECK(slices() > kRoutes * 16 / Rib4::kSlice);
  CHECK(told.best.empty());
  told.unusable.clear();
  CHECK(slices() > kRoutes * 16 / Rib4::kSlice);
  CHECK(told.best.size() == kRoutes);
}

TEST_CASE("a route that hides very many of a later table goes when they are all there") {
  constexpr std::uint32_t kHidden = 20'000;
  Told4 told;
  Rib4 rib{told.listener()};
  const std::vector paths{via({10, 0, 0, 9})};
  const auto entries = many_prefixes(kHidden);
  REQUIRE(rib.add({.table = Table::kDefault, .paths = paths, .entries = entries}));
  const auto finish = [&](auto&& check) {
    std::size_t slices = 0;
    for (std::size_t before = told.times; rib.advance(); before = told.times) {
      CHECK(told.times - before <= Rib4::kSlice / 16 + 1);
      check();
      ++slices;
    }
    CHECK(slices > 3);
  };
  REQUIRE(rib.add(route("0.0.0.0/1", 0)));
  CHECK(told.times <= kHidden + 1 + 4096);  // at most this many at once
  finish([] {});
  CHECK(told.prefixes() == std::set{prefix("0.0.0.0/1")});
  REQUIRE(rib.erase(any("0.0.0.0/1")));
  CHECK(told.best.contains(prefix("0.0.0.0/1")));
  finish([&] { CHECK((told.best.size() >= kHidden || told.best.contains(prefix("0.0.0.0/1")))); });
  CHECK(told.best.size() == kHidden);
  CHECK(told.paths.size() == 1);

  // The route is added again before all hidden routes are there.
  REQUIRE(rib.add(route("0.0.0.0/1", 0)));
  REQUIRE(rib.erase(any("0.0.0.0/1")));
  REQUIRE(rib.advance());
  REQUIRE(rib.add(route("0.0.0.0/1", 3)));
  while (rib.advance()) {
  }
  CHECK(told.prefixes() == std::set{prefix("0.0.0.0/1")});
  CHECK(rib.best(prefix("0.0.0.0/1"))->metric == 3);
}

}  // namespace ringroad::fib
