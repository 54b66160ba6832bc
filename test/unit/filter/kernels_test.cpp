// SPDX-License-Identifier: BSD-3-Clause
#include "filter/kernels.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <random>

namespace ringroad::filter {
namespace {

using Numbers = std::array<std::uint32_t, kLanes>;

std::uint64_t first_bits(std::size_t count) {
  return count == 0 ? 0 : ~std::uint64_t{0} >> (64 - count);
}

// Numbers near to each other, and to both ends.
std::uint32_t some_number(std::mt19937& random) {
  switch (random() % 4) {
    case 0:
      return static_cast<std::uint32_t>(random() % 8);
    case 1:
      return ~static_cast<std::uint32_t>(random() % 8);
    case 2:
      return 0x8000'0000U + static_cast<std::uint32_t>(random() % 8) - 4;
    default:
      return static_cast<std::uint32_t>(random());
  }
}

Test some_test(std::mt19937& random) {
  Test test{.low = some_number(random), .span = some_number(random)};
  if (random() % 2 == 0) {
    test.mask = some_number(random);
  }
  return test;
}

}  // namespace

TEST_CASE("all kernels find the same numbers by a test") {
  std::mt19937 random{1};
  for (int round = 0; round < 5000; ++round) {
    alignas(64) Numbers numbers;
    std::ranges::generate(numbers, [&] { return some_number(random); });
    const std::array tests{some_test(random), some_test(random), some_test(random)};
    const std::size_t count = random() % 65;
    std::uint64_t passed = 0;
    std::uint64_t any = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const auto bit = std::uint64_t{1} << i;
      passed |= tests[0].passes(numbers[i]) ? bit : 0;
      any |= std::ranges::any_of(tests, [&](const Test& each) { return each.passes(numbers[i]); })
                 ? bit
                 : 0;
    }
    for (const Kernels* const way : all_kernels()) {
      INFO(way->name << ", " << count << " numbers");
      CHECK((way->test(numbers.data(), count, tests[0]) & first_bits(count)) == passed);
      CHECK((way->any(numbers.data(), count, tests) & first_bits(count)) == any);
    }
  }
}

TEST_CASE("all kernels add up the same lengths") {
  std::mt19937 random{2};
  for (int round = 0; round < 1000; ++round) {
    alignas(64) Numbers lengths;
    std::ranges::generate(lengths, [&] { return random() % 65536; });
    const std::uint64_t which = std::uint64_t{random()} << 32U | random();
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < kLanes; ++i) {
      sum += (which >> i & 1U) != 0 ? lengths[i] : 0;
    }
    for (const Kernels* const way : all_kernels()) {
      INFO(way->name);
      CHECK(way->sum(lengths.data(), which) == sum);
    }
  }
}

TEST_CASE("all kernels rank numbers among any number of boundaries") {
  std::mt19937 random{3};
  for (const std::size_t size : {1U, 2U, 15U, 16U, 17U, 255U, 256U, 257U, 4096U, 4097U, 70000U}) {
    std::vector<std::uint32_t> starts{0};
    while (starts.size() < size) {
      starts.push_back(size < 300 ? some_number(random) : static_cast<std::uint32_t>(random()));
    }
    std::ranges::sort(starts);
    starts.erase(std::ranges::unique(starts).begin(), starts.end());
    const Boundaries boundaries{starts};
    for (int round = 0; round < 100; ++round) {
      alignas(64) Numbers numbers;
      std::ranges::generate(numbers, [&] {
        return random() % 2 == 0 ? some_number(random)
                                 : starts[random() % starts.size()] - 1 +
                                       static_cast<std::uint32_t>(random() % 3);
      });
      for (const Kernels* const way : all_kernels()) {
        Numbers ranks;
        way->rank(boundaries, numbers.data(), kLanes, ranks.data());
        for (std::size_t i = 0; i < kLanes; ++i) {
          const auto above = std::ranges::upper_bound(starts, numbers[i]);
          INFO(way->name << ", " << size << " boundaries, " << numbers[i]);
          REQUIRE(ranks[i] + 1 == static_cast<std::uint32_t>(above - starts.begin()));
        }
      }
    }
  }
}

TEST_CASE("all kernels find the same rules in bitmaps") {
  std::mt19937_64 random{4};
  using Row = std::array<std::uint64_t, 16>;
  for (int round = 0; round < 1000; ++round) {
    std::array<Row, 3> rows;
    for (Row& row : rows) {
      std::ranges::generate(row, [&] {
        const std::uint64_t some = random();
        return random() % 3 == 0 ? 0 : some & random();
      });
    }
    const std::array<const std::uint64_t*, 3> pointers{rows[0].data(), rows[1].data(),
                                                       rows[2].data()};
    for (const Kernels* const way : all_kernels()) {
      Row words;
      const std::uint32_t some = way->intersect(pointers, words.data());
      for (std::size_t i = 0; i < words.size(); ++i) {
        INFO(way->name);
        CHECK(words[i] == (rows[0][i] & rows[1][i] & rows[2][i]));
        CHECK((some >> i & 1U) == (words[i] != 0 ? 1U : 0U));
      }
    }
  }
}

}  // namespace ringroad::filter
