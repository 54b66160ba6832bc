// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Quantities with explicit units.
#include <chrono>
#include <compare>
#include <cstdint>

namespace ringroad {

using Nanoseconds = std::chrono::nanoseconds;

struct Bytes {
  std::uint64_t count{};
  friend constexpr auto operator<=>(Bytes, Bytes) = default;
};

// The bit rate on the wire, with decimal prefixes, as is usual in networking: 1 Gbit = 10^9.
struct BitsPerSecond {
  std::uint64_t count{};
  friend constexpr auto operator<=>(BitsPerSecond, BitsPerSecond) = default;
};

}  // namespace ringroad
