// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What counters did in the last second and the last minute. The thread that reports them samples
// the counters once a second; the threads that count do nothing for it.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <tuple>

#include "base/units.hpp"
#include "stats/histogram.hpp"

namespace ringroad::stats {

// Says when the next sample is due, and how long the time between the last two was.
class SampleTimer {
 public:
  static constexpr Nanoseconds kInterval = std::chrono::seconds{1};

  // Returns whether a sample is due, and if it is, begins it.
  bool begin(Nanoseconds now) {
    if (number_ > 0 && now - last_ < kInterval) {
      return false;
    }
    period_ = number_ > 0 ? now - last_ : Nanoseconds{};
    last_ = now;
    ++number_;
    return true;
  }
  // The number of samples that were begun.
  [[nodiscard]] std::uint64_t number() const { return number_; }
  // Converts an increase between the last two samples; 0 before the second sample.
  [[nodiscard]] std::uint64_t per_second(std::uint64_t increase) const {
    return period_.count() == 0
               ? 0
               : static_cast<std::uint64_t>(std::llround(static_cast<double>(increase) * 1e9 /
                                                         static_cast<double>(period_.count())));
  }

 private:
  Nanoseconds last_{};
  Nanoseconds period_{};
  std::uint64_t number_ = 0;
};

// Returns by how much a counter has risen. A counter that fell has started again at 0.
[[nodiscard]] constexpr std::uint64_t increase(std::uint64_t before, std::uint64_t now) {
  return now >= before ? now - before : now;
}

// Counters that are sampled together, and their increases between the last two samples.
template <std::size_t N>
class RecentCounters {
 public:
  using Values = std::array<std::uint64_t, N>;

  void sample(const Values& now) {
    for (std::size_t i = 0; i < N; ++i) {
      increases_[i] = has_sample_ ? increase(last_[i], now[i]) : 0;
    }
    last_ = now;
    has_sample_ = true;
  }
  [[nodiscard]] const Values& increases() const { return increases_; }

 private:
  Values last_{};
  Values increases_{};
  bool has_sample_ = false;
};

// A counter that began at 0, with its increases in the last second and in the last minute.
class RecentCounter {
 public:
  // `number` is SampleTimer's: each sample must be taken.
  void sample(std::uint64_t now, std::uint64_t number) {
    increase_ = increase(last_, now);
    last_ = now;
    if (number % kStep == 0) {
      before_[slot(number)] = now;
    }
  }
  [[nodiscard]] std::uint64_t last_second() const { return increase_; }
  // The increase up to a value that was read later than the last sample, `number`: over the last 55
  // to 60 seconds.
  [[nodiscard]] std::uint64_t last_minute(std::uint64_t now, std::uint64_t number) const {
    return increase(before_[(slot(number) + 1) % before_.size()], now);
  }

 private:
  static constexpr std::uint64_t kStep = 5;
  [[nodiscard]] std::size_t slot(std::uint64_t number) const {
    return number / kStep % before_.size();
  }

  std::uint64_t last_ = 0;
  std::uint64_t increase_ = 0;
  std::array<std::uint64_t, 12> before_{};  // the value at every fifth sample
};

// The values that were added to a histogram between the last two samples.
class RecentHistogram : public RecentCounters<std::tuple_size_v<Histogram::Counts>> {
 public:
  void sample(const Histogram& histogram) { RecentCounters::sample(histogram.counts()); }
};

}  // namespace ringroad::stats
