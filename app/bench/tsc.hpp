// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The time-stamp counter, and what is made of many readings.
#include <x86intrin.h>

#include <cstdint>
#include <span>

namespace ringroad::bench {

// Between these two nothing but what stands there runs.
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
// What the pair takes with nothing between.
[[nodiscard]] double tsc_overhead();

// The value at that share of them; reorders.
[[nodiscard]] double percentile(std::span<double> values, double share);

}  // namespace ringroad::bench
