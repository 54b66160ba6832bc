// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The cycles that a worker spends in each stage. Times are sampled: most bursts are not timed.
#include <x86intrin.h>

#include <array>
#include <cstdint>
#include <string_view>

#include "stats/counter.hpp"

namespace ringroad::stats {

// kInput: layer 2 and IPv4.
enum class Stage : std::uint8_t {
  kRx,
  kInput,
  kRoute,
  kForward,
  kOutput,
  kBands,
  kTx,
};
inline constexpr std::array<std::string_view, 7> kStageNames{"rx",     "input", "route", "forward",
                                                             "output", "bands", "tx"};

// The time in TSC cycles.
[[nodiscard]] inline std::uint64_t cycles_now() { return __rdtsc(); }

// Owned and written by one worker; other threads may read.
class StageTimes {
 public:
  void start() { last_ = cycles_now(); }
  // Assigns the cycles since the last lap to `stage`.
  void lap(Stage stage) {
    const std::uint64_t now = cycles_now();
    cycles_[static_cast<std::size_t>(stage)].add(now - last_);
    last_ = now;
  }
  void count(std::uint64_t packets) { packets_.add(packets); }

  [[nodiscard]] std::uint64_t cycles(std::size_t stage) const { return cycles_[stage].get(); }
  [[nodiscard]] std::uint64_t packets() const { return packets_.get(); }

 private:
  std::uint64_t last_ = 0;
  std::array<Counter, kStageNames.size()> cycles_;
  Counter packets_;
};

}  // namespace ringroad::stats
