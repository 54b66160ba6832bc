// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// How long packets wait in front of a port that sends a gigabit, on a simulated clock.
#include "bench/report.hpp"

namespace ringroad::bench {

// Cases delay-DISCIPLINE-LOADx: subjects band-0 to band-2, by what the packets ask for, whatever
// the discipline makes of it.
void measure_delays(Report& report);

}  // namespace ringroad::bench
