// SPDX-License-Identifier: BSD-3-Clause
#include "filter/kernels_avx512.hpp"

#include <immintrin.h>

#include <algorithm>

// This follows every #include, so that functions of the headers are compiled for any processor: the
// linker may keep this file's copy of them.
#ifdef __clang__
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq"))), \
                             apply_to = function)
#else
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq")
// g++ 12 warns about the "undefined" vectors of its own headers.
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif

namespace ringroad::filter::avx512 {
namespace {

__m512i all(std::uint32_t word) { return _mm512_set1_epi32(static_cast<int>(word)); }

}  // namespace

std::uint64_t test(const std::uint32_t* column, std::size_t count, const Test& test) {
  const __m512i mask = all(test.mask);
  const __m512i low = all(test.low);
  const __m512i span = all(test.span);
  std::uint64_t passed = 0;
  for (std::size_t i = 0; i < count; i += 16) {
    const __m512i x = _mm512_and_si512(_mm512_load_si512(column + i), mask);
    passed |= std::uint64_t{_mm512_cmple_epu32_mask(_mm512_sub_epi32(x, low), span)} << i;
  }
  return passed;
}

std::uint64_t any(const std::uint32_t* column, std::size_t count, std::span<const Test> tests) {
  std::uint64_t passed = 0;
  for (std::size_t i = 0; i < count; i += 16) {
    const __m512i x = _mm512_load_si512(column + i);
    std::uint32_t found = 0;
    for (const Test& each : tests) {
      const __m512i distance = _mm512_sub_epi32(_mm512_and_si512(x, all(each.mask)), all(each.low));
      found |= _mm512_cmple_epu32_mask(distance, all(each.span));
    }
    passed |= std::uint64_t{found} << i;
  }
  return passed;
}

// The numbers are lengths of packets: the sums of four fit in 32 bits.
std::uint64_t sum(const std::uint32_t* column, std::uint64_t which) {
  __m512i sums = _mm512_setzero_si512();
  for (std::size_t i = 0; i < kLanes; i += 16) {
    const auto some = static_cast<__mmask16>(which >> i);
    sums = _mm512_add_epi32(sums, _mm512_maskz_load_epi32(some, column + i));
  }
  return static_cast<std::uint32_t>(_mm512_reduce_add_epi32(sums));
}

void rank(const Boundaries& boundaries, const std::uint32_t* column, std::size_t count,
          std::uint32_t* ranks) {
  for (std::size_t i = 0; i < count; ++i) {
    const __m512i x = all(column[i]);
    std::uint32_t at = 0;
    for (const auto& [start, size] : boundaries.levels()) {
      const __m512i block =
          _mm512_loadu_si512(boundaries.words() + start + std::size_t{at} * Boundaries::kFan);
      const auto below =
          static_cast<std::uint32_t>(__builtin_popcount(_mm512_cmple_epu32_mask(block, x)));
      const std::uint32_t next = at * Boundaries::kFan + below;
      at = (next < size ? next : size) - 1;
    }
    ranks[i] = at;
  }
}

std::uint32_t intersect(std::span<const std::uint64_t* const> rows, std::uint64_t* words) {
  __m512i low = _mm512_set1_epi32(-1);
  __m512i high = low;
  for (const std::uint64_t* const row : rows) {
    low = _mm512_and_si512(low, _mm512_loadu_si512(row));
    high = _mm512_and_si512(high, _mm512_loadu_si512(row + 8));
  }
  _mm512_storeu_si512(words, low);
  _mm512_storeu_si512(words + 8, high);
  return std::uint32_t{_mm512_test_epi64_mask(low, low)} |
         std::uint32_t{_mm512_test_epi64_mask(high, high)} << 8;
}

}  // namespace ringroad::filter::avx512

#ifdef __clang__
#pragma clang attribute pop
#endif
