// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Carries out what decide() says of each routed packet.
#include "packet/stage.hpp"

namespace ringroad::ip4 {

// Keeps the packets that are forwarded, their TTL lowered; of these some may have to wait for a
// neighbor or to be cut, which output() sees to, behind the hooks. ~6 cycles a packet, the
// adjacency's line.
void forward(StageContext& context, Burst& burst);

}  // namespace ringroad::ip4
