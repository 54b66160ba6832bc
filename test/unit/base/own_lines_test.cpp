// SPDX-License-Identifier: BSD-3-Clause
#include "base/own_lines.hpp"

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <cstdint>
#include <vector>

namespace ringroad {

TEST_CASE("no two arrays have a cache line in common, whatever their sizes") {
  std::vector<OwnLinesVector<std::atomic<std::uint8_t>>> arrays;
  for (std::size_t size = 1; size < 200; ++size) {
    arrays.emplace_back(size);
  }
  std::vector<std::uintptr_t> lines;
  for (auto& array : arrays) {
    const auto begin = reinterpret_cast<std::uintptr_t>(array.data());
    REQUIRE(begin % kCacheLine == 0);
    for (std::uintptr_t line = begin; line < begin + array.size(); line += kCacheLine) {
      lines.push_back(line);
    }
  }
  std::ranges::sort(lines);
  CHECK(std::ranges::adjacent_find(lines) == lines.end());
}

}  // namespace ringroad
