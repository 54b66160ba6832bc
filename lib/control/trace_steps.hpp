// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Tells the way of a traced packet.
#include "control/json.hpp"
#include "control/router.hpp"
#include "tap/taps.hpp"

namespace ringroad::control {

// Returns {port, bytes, frame, verdict, reason, egress, cycles, steps: [{stage, says, cycles}]}.
// The verdict is forward, deliver, drop, or held for a packet that is not over.
[[nodiscard]] Json describe_trace(const Router& router, const tap::TracedPacket& packet);

}  // namespace ringroad::control
