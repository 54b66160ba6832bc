// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The one source of time. Every timer reads the Clock it was given; tests drive theirs by hand.
#include <atomic>
#include <chrono>

#include "base/units.hpp"

namespace ringroad {

// Any thread may read. A concrete class rather than an interface: the packet path may ask for the
// time and makes no virtual call.
class Clock {
 public:
  // Monotonic time of the machine.
  Clock() = default;

  struct Manual {};
  // Stands still until advance() is called.
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
