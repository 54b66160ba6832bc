// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The loops over a column of 64 numbers, in one version for each instruction set.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/own_lines.hpp"

namespace ringroad::filter {

inline constexpr std::size_t kLanes = 64;  // the packets of a burst

// x passes if (x & mask) - low <= span, as unsigned numbers.
struct Test {
  std::uint32_t mask = ~std::uint32_t{0};
  std::uint32_t low = 0;
  std::uint32_t span = 0;

  [[nodiscard]] constexpr bool passes(std::uint32_t x) const { return (x & mask) - low <= span; }
  friend constexpr auto operator<=>(const Test&, const Test&) = default;
};

// Sorted numbers in blocks of sixteen, and above them the first number of each block, and so on up
// to one block: a search reads one cache line a level.
class Boundaries {
 public:
  static constexpr std::uint32_t kFan = 16;

  // `starts`: sorted, without duplicates; the first is 0.
  explicit Boundaries(std::span<const std::uint32_t> starts);

  struct Level {
    std::size_t at;  // in `words`
    std::uint32_t size;
  };
  // The highest level comes first.
  [[nodiscard]] std::span<const Level> levels() const { return levels_; }
  [[nodiscard]] const std::uint32_t* words() const { return words_.data(); }
  [[nodiscard]] std::uint32_t size() const { return levels_.back().size; }

 private:
  OwnLinesVector<std::uint32_t> words_;
  std::vector<Level> levels_;
};

struct Kernels {
  std::string_view name;
  // A bit for each of the first `count` numbers, and arbitrary ones behind.
  std::uint64_t (*test)(const std::uint32_t* column, std::size_t count, const Test& test);
  // The same for numbers that pass any of the tests.
  std::uint64_t (*any)(const std::uint32_t* column, std::size_t count, std::span<const Test> tests);
  // The sum of the numbers whose bit is set.
  std::uint64_t (*sum)(const std::uint32_t* column, std::uint64_t which);
  // The index of the greatest start that is not above each of the first `count` numbers.
  void (*rank)(const Boundaries& boundaries, const std::uint32_t* column, std::size_t count,
               std::uint32_t* ranks);
  // rows[0] & rows[1] & ..., of sixteen words each. Returns a bit for each word that is not zero.
  std::uint32_t (*intersect)(std::span<const std::uint64_t* const> rows, std::uint64_t* words);
};

// Those that this processor supports, the slowest first.
[[nodiscard]] std::span<const Kernels* const> all_kernels();
[[nodiscard]] const Kernels& best_kernels();

}  // namespace ringroad::filter
