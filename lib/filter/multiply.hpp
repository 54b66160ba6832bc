// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Products of 64 bits, for hashes.
#include <immintrin.h>

#include <cstdint>

namespace ringroad::filter {

// Odd, and with bits that look random: the golden ratio, and a step of SplitMix64.
inline constexpr std::uint64_t kHashFirst = 0x9e3779b97f4a7c15U;
inline constexpr std::uint64_t kHashSecond = 0xbf58476d1ce4e5b9U;

struct Product {
  std::uint64_t high;
  std::uint64_t low;
};
[[nodiscard]] inline Product multiplied(std::uint64_t a, std::uint64_t b) {
  unsigned long long high = 0;
  const unsigned long long low = _mulx_u64(a, b, &high);
  return {high, low};
}

// One step of a hash of 64 bits.
[[nodiscard]] inline std::uint64_t mixed(std::uint64_t a, std::uint64_t b) {
  const Product product = multiplied(a, b);
  return product.low ^ product.high;
}
// A number below `end` from a hash of 64 bits.
[[nodiscard]] inline std::uint64_t scaled(std::uint64_t hash, std::uint64_t end) {
  return multiplied(hash, end).high;
}

}  // namespace ringroad::filter
