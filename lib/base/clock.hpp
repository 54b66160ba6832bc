// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The only source of time. Every timer reads the Clock that it was given; tests advance theirs.
#include <atomic>
#include <chrono>

#include "base/units.hpp"

namespace ringroad {

// Any thread may read. This is a concrete class rather than an interface because the packet path
// reads the time and makes no virtual calls.
class Clock {
 public:
  // Monotonic time of the machine.
  Clock() = default;

  struct Manual {};
  // This clock stands still until advance() is called.
  explicit Clock(Manual /*tag*/, Nanoseconds start = std::chrono::seconds{1})
      : manual_{true}, now_{start.count()} {}

  [[nodiscard]] Nanoseconds now() const {
    return manual_ ? Nanoseconds{now_.load(std::memory_order_relaxed)}
                   : std::chrono::duration_cast<Nanoseconds>(
                         std::chrono::steady_clock::now().time_since_epoch());
  }
  void advance(Nanoseconds by) { now_.fetch_add(by.count(), std::memory_order_relaxed); }

 private:
  bool manual_ = false;
  std::atomic<Nanoseconds::rep> now_{};
};

}  // namespace ringroad
