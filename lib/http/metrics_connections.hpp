// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The metrics of connection tracking, and of the firewall's named counters.
#include <vector>

#include "control/firewall.hpp"
#include "http/metrics_text.hpp"
#include "http/snapshot.hpp"

namespace ringroad::http {

void write_connections(MetricsText& text, const control::Firewall::Tracking& tracking);
void write_named_counters(MetricsText& text, const std::vector<NamedCounterSample>& counters);

}  // namespace ringroad::http
