// SPDX-License-Identifier: BSD-3-Clause
#include "stats/histogram.hpp"

#include <catch2/catch.hpp>

using ringroad::stats::Histogram;

TEST_CASE("a histogram's quantiles are right to an eighth") {
  Histogram histogram;
  CHECK(histogram.quantile(0.99) == 0);
  for (std::uint64_t value = 1; value <= 100'000; ++value) {
    histogram.add(value);
  }
  CHECK(histogram.samples() == 100'000);
  for (const double share : {0.01, 0.5, 0.99, 0.999, 1.0}) {
    const auto exact = static_cast<std::uint64_t>(share * 100'000);
    CHECK(histogram.quantile(share) >= exact);
    CHECK(histogram.quantile(share) <= exact + exact / 8 + 1);
  }
  histogram.clear();
  CHECK(histogram.samples() == 0);
}

TEST_CASE("small values are exact, and the largest are kept") {
  Histogram histogram;
  for (const std::uint64_t value : {0U, 1U, 7U, 8U, 9U, 15U}) {
    histogram.clear();
    histogram.add(value, 3);
    CHECK(histogram.samples() == 3);
    CHECK(histogram.quantile(0.5) == value);
  }
  histogram.clear();
  histogram.add(~std::uint64_t{0});
  CHECK(histogram.samples() == 1);
  CHECK(histogram.quantile(1) > std::uint64_t{1} << 39U);
}
