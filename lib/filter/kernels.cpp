// SPDX-License-Identifier: BSD-3-Clause
#include "filter/kernels.hpp"

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <bit>
#include <ranges>

#include "filter/kernels_avx512.hpp"

namespace ringroad::filter {

Boundaries::Boundaries(std::span<const std::uint32_t> starts) {
  std::vector<std::vector<std::uint32_t>> levels{{starts.begin(), starts.end()}};
  while (levels.back().size() > kFan) {
    std::vector<std::uint32_t> above;
    for (std::size_t i = 0; i < levels.back().size(); i += kFan) {
      above.push_back(levels.back()[i]);
    }
    levels.push_back(std::move(above));
  }
  for (const auto& level : std::views::reverse(levels)) {
    levels_.push_back({words_.size(), static_cast<std::uint32_t>(level.size())});
    words_.insert(words_.end(), level.begin(), level.end());
    // Numbers behind the last one: above all others, or equal to them, where rank() cuts them off.
    words_.resize((words_.size() + kFan - 1) / kFan * kFan, ~std::uint32_t{0});
  }
}

namespace {

namespace scalar {

std::uint64_t test(const std::uint32_t* column, std::size_t count, const Test& test) {
  std::uint64_t passed = 0;
  for (std::size_t i = 0; i < count; ++i) {
    passed |= std::uint64_t{test.passes(column[i])} << i;
  }
  return passed;
}

std::uint64_t any(const std::uint32_t* column, std::size_t count, std::span<const Test> tests) {
  std::uint64_t passed = 0;
  for (const Test& each : tests) {
    passed |= test(column, count, each);
  }
  return passed;
}

std::uint64_t sum(const std::uint32_t* column, std::uint64_t which) {
  std::uint64_t sum = 0;
  for (; which != 0; which &= which - 1) {
    sum += column[std::countr_zero(which)];
  }
  return sum;
}

std::uint32_t rank_of(const Boundaries& boundaries, std::uint32_t x) {
  std::uint32_t at = 0;
  for (const auto& [start, size] : boundaries.levels()) {
    const std::uint32_t* const block =
        boundaries.words() + start + std::size_t{at} * Boundaries::kFan;
    std::uint32_t below = 0;
    for (std::size_t i = 0; i < Boundaries::kFan; ++i) {
      below += block[i] <= x ? 1 : 0;
    }
    at = std::min<std::uint32_t>(at * Boundaries::kFan + below, size) - 1;
  }
  return at;
}

void rank(const Boundaries& boundaries, const std::uint32_t* column, std::size_t count,
          std::uint32_t* ranks) {
  for (std::size_t i = 0; i < count; ++i) {
    ranks[i] = rank_of(boundaries, column[i]);
  }
}

std::uint32_t intersect(std::span<const std::uint64_t* const> rows, std::uint64_t* words) {
  std::uint32_t some = 0;
  for (std::size_t i = 0; i < 16; ++i) {
    words[i] = ~std::uint64_t{0};
    for (const std::uint64_t* const row : rows) {
      words[i] &= row[i];
    }
    some |= std::uint32_t{words[i] != 0} << i;
  }
  return some;
}

}  // namespace scalar

namespace avx2 {

__m256i load(const std::uint32_t* words) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(words));
}
__m256i all(std::uint32_t word) { return _mm256_set1_epi32(static_cast<int>(word)); }
// A bit for each of eight lanes that are all ones.
std::uint64_t bits(__m256i lanes) {
  return static_cast<std::uint32_t>(_mm256_movemask_ps(_mm256_castsi256_ps(lanes)));
}
__m256i passes(__m256i x, __m256i mask, __m256i low, __m256i span) {
  const __m256i distance = _mm256_sub_epi32(_mm256_and_si256(x, mask), low);
  return _mm256_cmpeq_epi32(_mm256_min_epu32(distance, span), distance);
}

std::uint64_t test(const std::uint32_t* column, std::size_t count, const Test& test) {
  const __m256i mask = all(test.mask);
  const __m256i low = all(test.low);
  const __m256i span = all(test.span);
  std::uint64_t passed = 0;
  for (std::size_t i = 0; i < count; i += 8) {
    passed |= bits(passes(load(column + i), mask, low, span)) << i;
  }
  return passed;
}

std::uint64_t any(const std::uint32_t* column, std::size_t count, std::span<const Test> tests) {
  std::uint64_t passed = 0;
  for (std::size_t i = 0; i < count; i += 8) {
    const __m256i x = load(column + i);
    __m256i found = _mm256_setzero_si256();
    for (const Test& each : tests) {
      found = _mm256_or_si256(found, passes(x, all(each.mask), all(each.low), all(each.span)));
    }
    passed |= bits(found) << i;
  }
  return passed;
}

void rank(const Boundaries& boundaries, const std::uint32_t* column, std::size_t count,
          std::uint32_t* ranks) {
  for (std::size_t i = 0; i < count; ++i) {
    const __m256i x = all(column[i]);
    std::uint32_t at = 0;
    for (const auto& [start, size] : boundaries.levels()) {
      const std::uint32_t* const block =
          boundaries.words() + start + std::size_t{at} * Boundaries::kFan;
      const __m256i first = load(block);
      const __m256i second = load(block + 8);
      const std::uint64_t below = bits(_mm256_cmpeq_epi32(_mm256_max_epu32(first, x), x)) |
                                  bits(_mm256_cmpeq_epi32(_mm256_max_epu32(second, x), x)) << 8;
      at = std::min<std::uint32_t>(
               at * Boundaries::kFan + static_cast<std::uint32_t>(std::popcount(below)), size) -
           1;
    }
    ranks[i] = at;
  }
}

std::uint32_t intersect(std::span<const std::uint64_t* const> rows, std::uint64_t* words) {
  std::uint32_t some = 0;
  for (std::size_t i = 0; i < 16; i += 4) {
    __m256i four = _mm256_set1_epi64x(-1);
    for (const std::uint64_t* const row : rows) {
      four = _mm256_and_si256(four, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(row + i)));
    }
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(words + i), four);
    const __m256i none = _mm256_cmpeq_epi64(four, _mm256_setzero_si256());
    const auto zero = static_cast<std::uint32_t>(_mm256_movemask_pd(_mm256_castsi256_pd(none)));
    some |= (~zero & 0xfU) << i;
  }
  return some;
}

}  // namespace avx2

constexpr Kernels kScalar{.name = "scalar",
                          .test = scalar::test,
                          .any = scalar::any,
                          .sum = scalar::sum,
                          .rank = scalar::rank,
                          .intersect = scalar::intersect};
constexpr Kernels kAvx2{.name = "AVX2",
                        .test = avx2::test,
                        .any = avx2::any,
                        .sum = scalar::sum,
                        .rank = avx2::rank,
                        .intersect = avx2::intersect};
constexpr Kernels kAvx512{.name = "AVX-512",
                          .test = avx512::test,
                          .any = avx512::any,
                          .sum = avx512::sum,
                          .rank = avx512::rank,
                          .intersect = avx512::intersect};
constexpr std::array kAll{&kScalar, &kAvx2, &kAvx512};

}  // namespace

std::span<const Kernels* const> all_kernels() {
  static const bool has_avx512 =
      __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  return std::span{kAll}.first(has_avx512 ? 3 : 2);
}

const Kernels& best_kernels() { return *all_kernels().back(); }

}  // namespace ringroad::filter
