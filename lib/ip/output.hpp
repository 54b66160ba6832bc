#pragma once
#include "ip/stage.hpp"

namespace ringroad::ip {

// Writes each packet's L2 header from its adjacency and stages it for its egress port, with the
// priority that its TOS asks for. ~4 cycles a packet.
void output(StageContext& context, Burst& burst);

// What forward() and output() do together, where nothing about the burst needs thought: every
// packet is plain and fits, and goes to a known neighbor, without a tag. Else
// false, and nothing has changed. ~3 cycles a packet.
[[nodiscard]] bool send_plain(StageContext& context, Burst& burst);

}  // namespace ringroad::ip
