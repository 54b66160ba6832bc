// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The time-stamp counter, and statistics of many readings.
#include <x86intrin.h>

#include <cstdint>
#include <span>

namespace ringroad::bench {

// Only the code between these two calls is measured.
[[nodiscard]] inline std::uint64_t tsc_begin() {
  _mm_lfence();
  const std::uint64_t now = __rdtsc();
  _mm_lfence();
  return now;
}
[[nodiscard]] inline std::uint64_t tsc_end() {
  unsigned processor = 0;
  const std::uint64_t now = __rdtscp(&processor);
  _mm_lfence();
  return now;
}
// The cycles of the two calls with no code between them.
[[nodiscard]] double tsc_overhead();

// The given percentile of the values; reorders them.
[[nodiscard]] double percentile(std::span<double> values, double share);

}  // namespace ringroad::bench
