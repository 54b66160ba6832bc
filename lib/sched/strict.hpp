// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Strict priority (pfifo_fast, prio): while a band has packets, none below it is served.
#include <bit>

#include "sched/order.hpp"

namespace ringroad::sched {

class Strict {
 public:
  template <class NextBytes>
  [[nodiscard]] unsigned next(BandMask ready, NextBytes&& /*next_bytes*/) const {
    return static_cast<unsigned>(std::countr_zero(ready));
  }
  void sent(unsigned /*band*/, std::uint32_t /*bytes*/) {}
  void emptied(unsigned /*band*/) {}
};
static_assert(Order<Strict>);

}  // namespace ringroad::sched
