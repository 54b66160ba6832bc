// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Quantities whose unit must not be guessed.
#include <chrono>
#include <compare>
#include <cstdint>

namespace ringroad {

using Nanoseconds = std::chrono::nanoseconds;

struct Bytes {
  std::uint64_t count{};
  friend constexpr auto operator<=>(Bytes, Bytes) = default;
};

// On the wire, per second; decimal prefixes as everywhere in networking: 1 Gbit = 10^9.
struct BitsPerSecond {
  std::uint64_t count{};
  friend constexpr auto operator<=>(BitsPerSecond, BitsPerSecond) = default;
};

}  // namespace ringroad
