// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A token bucket that several workers draw from without a lock. All workers together never get more
// than the burst and the tokens of the elapsed time: the generic cell rate algorithm in its virtual
// scheduling form (ITU-T I.371), in one word. A worker draws tokens for a batch, not for a packet,
// and returns unused ones.
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

  // Returns the bytes that may be sent now: at least `need` and at most `want`, or 0. A packet
  // longer than the whole burst may be sent when the bucket is full; later tokens then pay for it.
  [[nodiscard]] std::uint64_t draw(Nanoseconds now, std::uint64_t need, std::uint64_t want) {
    const std::uint64_t at = ticks(now);
    std::uint64_t paid = paid_until_.load(std::memory_order_relaxed);
    const std::uint64_t cost = time_of(need);
    for (;;) {
      // `paid` is at most minutes ahead of the present. A larger difference means that it is long
      // past and that the ticks have wrapped around.
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

  // A tick is 1/1024 ns: a byte at 100 Gbit/s takes 82 ticks. The ticks wrap around after half a
  // year.
  static constexpr std::uint64_t kTicks = 1024;
  static constexpr unsigned kFraction = 32;

  [[nodiscard]] static std::uint64_t ticks(Nanoseconds time) {
    return static_cast<std::uint64_t>(time.count()) * kTicks;
  }
  // The result is rounded up, so the rate is never exceeded.
  [[nodiscard]] std::uint64_t time_of(std::uint64_t bytes) const {
    return static_cast<std::uint64_t>(
        (Wide{bytes} * time_per_byte_ + ((Wide{1} << kFraction) - 1)) >> kFraction);
  }
  [[nodiscard]] std::uint64_t bytes_in(std::uint64_t time) const {
    return static_cast<std::uint64_t>((Wide{time} << kFraction) / time_per_byte_);
  }

  std::uint64_t time_per_byte_;  // fixed point
  std::uint64_t burst_;          // in ticks
  alignas(64) std::atomic<std::uint64_t> paid_until_;
};

}  // namespace ringroad::sched
