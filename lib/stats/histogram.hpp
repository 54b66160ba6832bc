// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The frequency of values, with a resolution of one eighth: eight steps for every power of two. One
// thread counts, others may read.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <numeric>

#include "stats/counter.hpp"

namespace ringroad::stats {

class Histogram {
 private:
  static constexpr unsigned kBits = 3;        // eight steps for each power of two
  static constexpr std::size_t kSteps = 304;  // up to 2^40: a quarter of an hour in nanoseconds

 public:
  using Counts = std::array<std::uint64_t, kSteps>;

  void add(std::uint64_t value, std::uint64_t times = 1) { counts_[step_of(value)].add(times); }
  // Called by the counting thread.
  void clear() {
    for (Counter& count : counts_) {
      count.set(0);
    }
  }

  [[nodiscard]] Counts counts() const {
    Counts counts{};
    std::ranges::transform(counts_, counts.begin(), &Counter::get);
    return counts;
  }
  [[nodiscard]] static std::uint64_t samples(const Counts& counts) {
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
  }
  [[nodiscard]] std::uint64_t samples() const { return samples(counts()); }
  // The value that is not exceeded by the fraction `share` (0 to 1) of all samples; 0 if there are
  // no samples.
  [[nodiscard]] std::uint64_t quantile(double share) const { return quantile(counts(), share); }
  [[nodiscard]] static std::uint64_t quantile(const Counts& counts, double share) {
    const std::uint64_t all = samples(counts);
    const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(all)));
    std::uint64_t below = 0;
    for (std::size_t step = 0; step < kSteps; ++step) {
      below += counts[step];
      if (below > 0 && below >= wanted) {
        return largest_of(step);
      }
    }
    return 0;
  }
  // Calls visit(largest value, samples) for each step, in ascending order.
  template <class Visit>
  void visit_steps(const Visit& visit) const {
    for (std::size_t step = 0; step < kSteps; ++step) {
      visit(largest_of(step), counts_[step].get());
    }
  }

 private:
  // Each value below 16 has its own step.
  [[nodiscard]] static std::size_t step_of(std::uint64_t value) {
    const auto bits = static_cast<unsigned>(std::bit_width(value | 1U << kBits));
    const unsigned power = bits - kBits - 1;
    return std::min<std::size_t>((std::size_t{power} << kBits) + (value >> power), kSteps - 1);
  }
  [[nodiscard]] static std::uint64_t largest_of(std::size_t step) {
    const std::size_t power = step < (2U << kBits) ? 0 : (step >> kBits) - 1;
    return ((step - (power << kBits) + 1) << power) - 1;
  }

  std::array<Counter, kSteps> counts_;
};

}  // namespace ringroad::stats
