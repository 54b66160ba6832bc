// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The measured disciplines, each under its name in the report.
#include <array>
#include <cstdint>

#include "base/units.hpp"
#include "sched/discipline.hpp"

namespace ringroad::bench {

inline constexpr std::uint16_t kLimit = 1024;                    // packets in each band
inline constexpr BitsPerSecond kLineRate{400'000'000'000};       // more than a core sends
inline constexpr std::array<std::uint8_t, 3> kWeights{4, 2, 1};  // for bands that share

// visit(name, a Discipline)
template <class Visit>
void each_discipline(Visit visit) {
  sched::Discipline fast;
  for (sched::BandSettings& band : fast.each) {
    band.limit = kLimit;
  }
  sched::Discipline pfifo = fast;
  pfifo.bands = 1;
  pfifo.priomap.fill(0);
  visit("ringroad-pfifo", pfifo);
  visit("ringroad-pfifo_fast", fast);

  sched::Discipline dscp = fast;
  dscp.dscp[46] = 0;
  visit("ringroad-dscp", dscp);

  sched::Discipline drr = fast;
  drr.strict = 0;
  for (std::size_t band = 0; band < kWeights.size(); ++band) {
    drr.each.at(band).weight = kWeights.at(band);
  }
  visit("ringroad-drr", drr);

  sched::Discipline shaped = fast;
  shaped.rate = kLineRate;
  visit("ringroad-shaped", shaped);

  sched::Discipline rates = shaped;
  for (sched::BandSettings& band : rates.each) {
    band.rate = kLineRate;
    band.ceil = kLineRate;
  }
  visit("ringroad-band-rates", rates);

  for (const auto& [name, kind] :
       {std::pair{"ringroad-codel", Aqm::kCodel}, std::pair{"ringroad-fq_codel", Aqm::kFqCodel}}) {
    sched::Discipline managed = fast;
    for (sched::BandSettings& band : managed.each) {
      band.aqm = kind;
    }
    visit(name, managed);
  }
}

}  // namespace ringroad::bench
