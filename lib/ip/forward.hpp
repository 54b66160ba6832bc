#pragma once
// Decides what becomes of each routed packet: on, up to the control thread, or nowhere.
#include "ip/stage.hpp"

namespace ringroad::ip {

// Keeps the packets that go on to a known neighbour, their TTL lowered. The order of the checks is
// Linux's (FWD-05): the route, the frame's class, TTL, MTU. ~6 cycles a packet, the adjacency's
// line.
void forward(StageContext& context, Burst& burst);

}  // namespace ringroad::ip
