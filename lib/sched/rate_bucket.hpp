// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A token bucket that several workers draw from without a lock. It never gives more than the burst
// and what the rate brought since, whoever asks: the generic cell rate algorithm in its virtual
// scheduling form (ITU-T I.371), one word wide. A worker draws for a batch, not for a packet, and
// gives back what it did not need.
#include <algorithm>
#include <atomic>
#include <cstdint>

#include "base/units.hpp"

namespace ringroad::sched {

class RateBucket {
 public:
  RateBucket(BitsPerSecond rate, Bytes burst, Nanoseconds now)
      : time_per_byte_{static_cast<std::uint64_t>((Wide{8} * 1'000'000'000 * kTicks << kFraction) /
                                                  std::max<std::uint64_t>(rate.count, 1))},
        burst_{time_of(burst.count)},
        paid_until_{ticks(now) - burst_} {}

  // Bytes to send at once: `need` at least and `want` at most, or none. What is more than the whole
  // burst may go when the bucket is full, and is paid for afterwards.
  [[nodiscard]] std::uint64_t draw(Nanoseconds now, std::uint64_t need, std::uint64_t want) {
    const std::uint64_t at = ticks(now);
    std::uint64_t paid = paid_until_.load(std::memory_order_relaxed);
    const std::uint64_t cost = time_of(need);
    for (;;) {
      // What was paid for ahead of time is less than this, minutes; more is a time so long ago that
      // the ticks went round.
      constexpr std::uint64_t kAheadMax = std::uint64_t{1} << 48U;
      const bool ahead = paid - at < kAheadMax;
      const std::uint64_t credit = ahead ? 0 : std::min(at - paid, burst_);
      const bool full = credit == burst_;
      if (cost > credit && (!full || ahead)) {
        return 0;
      }
      const std::uint64_t bytes =
          cost >= credit ? need : std::clamp(bytes_in(credit), need, std::max(need, want));
      const std::uint64_t from = at - credit;
      if (paid_until_.compare_exchange_weak(paid, from + time_of(bytes),
                                            std::memory_order_relaxed)) {
        return bytes;
      }
    }
  }
  void give_back(std::uint64_t bytes) {
    paid_until_.fetch_sub(time_of(bytes), std::memory_order_relaxed);
  }

 private:
  __extension__ using Wide = unsigned __int128;

  // 1/1024 ns: a byte at 100 Gbit is 82. They go round in half a year.
  static constexpr std::uint64_t kTicks = 1024;
  static constexpr unsigned kFraction = 32;

  [[nodiscard]] static std::uint64_t ticks(Nanoseconds time) {
    return static_cast<std::uint64_t>(time.count()) * kTicks;
  }
  // Rounded up: the rate is never exceeded.
  [[nodiscard]] std::uint64_t time_of(std::uint64_t bytes) const {
    return static_cast<std::uint64_t>(
        (Wide{bytes} * time_per_byte_ + ((Wide{1} << kFraction) - 1)) >> kFraction);
  }
  [[nodiscard]] std::uint64_t bytes_in(std::uint64_t time) const {
    return static_cast<std::uint64_t>((Wide{time} << kFraction) / time_per_byte_);
  }

  std::uint64_t time_per_byte_;  // fixed point
  std::uint64_t burst_;          // as time
  alignas(64) std::atomic<std::uint64_t> paid_until_;
};

}  // namespace ringroad::sched
