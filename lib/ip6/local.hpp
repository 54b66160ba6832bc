// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Local delivery on the worker that received the packet (Linux's ip6_input): neighbor discovery
// takes the way of ARP, short echo requests are answered here, and the control thread gets the
// rest.
#include "packet/stage.hpp"

namespace ringroad::ip6 {

// Delivers the packets in context.local, which forward() put there.
void deliver_here(StageContext& context);

}  // namespace ringroad::ip6
