// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Seeds that no other party can know.
#include <cstdint>
#include <random>

namespace ringroad {

// For hashes whose collisions senders must not be able to choose.
[[nodiscard]] inline std::uint64_t random_seed() {
  std::random_device random;
  return std::uint64_t{random()} << 32U | random();
}

}  // namespace ringroad
