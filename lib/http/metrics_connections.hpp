// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The metrics of connection tracking.
#include "control/firewall.hpp"
#include "http/metrics_text.hpp"

namespace ringroad::http {

void write_connections(MetricsText& text, const control::Firewall::Tracking& tracking);

}  // namespace ringroad::http
