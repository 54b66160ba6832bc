// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Converts time stamps in TSC cycles to the wall clock, for recent stamps.
#include <rte_cycles.h>

#include <chrono>
#include <cstdint>

#include "stats/stage_times.hpp"

namespace ringroad::tap {

class WallClock {
 public:
  WallClock()
      : tsc_{stats::cycles_now()},
        nanoseconds_{std::chrono::duration_cast<std::chrono::nanoseconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count()} {}

  // When this object was made; nanoseconds since 1970, here and below.
  [[nodiscard]] std::uint64_t now() const { return static_cast<std::uint64_t>(nanoseconds_); }
  [[nodiscard]] std::uint64_t at(std::uint64_t tsc) const {
    const auto cycles = static_cast<std::int64_t>(tsc - tsc_);
    const double passed = static_cast<double>(cycles) * 1e9 / static_cast<double>(rte_get_tsc_hz());
    return static_cast<std::uint64_t>(nanoseconds_ + static_cast<std::int64_t>(passed));
  }

 private:
  std::uint64_t tsc_;
  std::int64_t nanoseconds_;
};

}  // namespace ringroad::tap
