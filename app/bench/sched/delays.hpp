// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Measures how long packets wait before a port of one gigabit per second, on a simulated clock.
#include "bench/report.hpp"

namespace ringroad::bench {

// Cases are delay-DISCIPLINE-LOADx; the subjects are band-0 to band-2, by the packets' priorities,
// whatever band the discipline assigns.
void measure_delays(Report& report);

}  // namespace ringroad::bench
