// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Carries out what decide() says of each routed packet.
#include "packet/stage.hpp"

namespace ringroad::ip4 {

// Keeps the packets that are forwarded and decrements their TTL. Some of them may still have to be
// fragmented or to wait for their neighbor's MAC: output() sees to that after the hooks. ~6 cycles
// and the adjacency's cache line a packet.
void forward(StageContext& context, Burst& burst);

}  // namespace ringroad::ip4
