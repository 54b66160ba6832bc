#pragma once
#include "ip/stage.hpp"

namespace ringroad::ip {

// Writes each packet's L2 header from its adjacency and stages it for its egress port, with the
// priority that its TOS asks for. ~4 cycles a packet.
void output(StageContext& context, Burst& burst);

}  // namespace ringroad::ip
