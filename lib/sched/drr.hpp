// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Deficit round robin (Shreedhar and Varghese, 1996) below strict bands: in the long run, sharing
// bands send bytes in proportion to their weights, whatever their packets' lengths are.
#include <array>
#include <bit>

#include "sched/discipline.hpp"
#include "sched/order.hpp"

namespace ringroad::sched {

class Drr {
 public:
  explicit Drr(const Discipline& discipline) : strict_{(BandMask{1} << discipline.strict) - 1} {
    for (std::size_t band = 0; band < kBandsMax; ++band) {
      quantum_[band] = kQuantum * discipline.each[band].weight;
    }
  }

  template <class NextBytes>
  [[nodiscard]] unsigned next(BandMask ready, NextBytes&& next_bytes) {
    if ((ready & strict_) != 0) {
      return static_cast<unsigned>(std::countr_zero(ready));
    }
    // The loop terminates because each round adds to every deficit.
    for (;;) {
      if ((ready >> turn_ & 1U) != 0 && deficit_[turn_] >= next_bytes(turn_)) {
        return turn_;
      }
      const BandMask after = ready & ~((BandMask{2} << turn_) - 1);
      turn_ = static_cast<unsigned>(std::countr_zero(after != 0 ? after : ready));
      deficit_[turn_] += quantum_[turn_];
    }
  }
  void sent(unsigned band, std::uint32_t bytes) {
    if ((strict_ >> band & 1U) == 0) {
      deficit_[band] -= bytes;
    }
  }
  // A band accumulates no credit while it has no packets.
  void emptied(unsigned band) { deficit_[band] = 0; }

 private:
  // The bytes of a turn; most packets are not longer, so a turn is O(1).
  static constexpr std::uint32_t kQuantum = 1514;

  BandMask strict_;
  unsigned turn_ = 0;
  std::array<std::uint32_t, kBandsMax> quantum_{};
  std::array<std::uint32_t, kBandsMax> deficit_{};
};
static_assert(Order<Drr>);

}  // namespace ringroad::sched
