// SPDX-License-Identifier: BSD-3-Clause
#include "control/drop_news.hpp"

#include <catch2/catch.hpp>

using ringroad::control::DropNews;
using ringroad::stats::DropReason;

TEST_CASE("a drop reason is news when its rate rises, when it grows tenfold, and when it is over") {
  DropNews news;
  const auto sample = [&](std::uint64_t rate) { return news.sample(DropReason::kNoRoute, rate); };
  CHECK_FALSE(sample(0));
  CHECK_FALSE(sample(9));  // a few are none
  const auto risen = sample(50);
  REQUIRE(risen);
  CHECK_FALSE(risen->over);
  CHECK(risen->packets == 50);
  CHECK_FALSE(sample(60));
  CHECK_FALSE(sample(499));
  REQUIRE(sample(500));
  CHECK_FALSE(sample(4999));
  // Other reasons have their own news.
  CHECK(news.sample(DropReason::kHook, 10));
  for (int i = 0; i < 9; ++i) {
    CHECK_FALSE(sample(0));
  }
  CHECK_FALSE(sample(1));  // not over yet
  for (int i = 0; i < 9; ++i) {
    CHECK_FALSE(sample(0));
  }
  const auto over = sample(0);
  REQUIRE(over);
  CHECK(over->over);
  CHECK(over->packets == 50 + 60 + 499 + 500 + 4999 + 1);
  CHECK_FALSE(sample(0));
  CHECK(sample(10));
}
