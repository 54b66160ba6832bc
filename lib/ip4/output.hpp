// SPDX-License-Identifier: BSD-3-Clause
#pragma once
#include "packet/stage.hpp"

namespace ringroad::ip4 {

// Writes each packet's L2 header from its adjacency and stages the packet for its egress port, with
// the priority of its TOS. Packets that must be fragmented, or whose neighbor's MAC is not known,
// are punted or held. ~4 cycles a packet.
void output(StageContext& context, Burst& burst);

// The functions below do the work of forward() and output() for a burst in which every packet takes
// the fast path (goes_straight() of packet/link_output.hpp). ~3 cycles a packet.

void lower_ttls(const Burst& burst);
// Notes the packets that leave by the interface they came by. Called after the TTLs were lowered,
// because an ICMP redirect quotes the lowered TTL.
void note_hairpins(StageContext& context, const Burst& burst);
// lower_ttls() and send_lowered() in one pass.
void send_straight(StageContext& context, Burst& burst);
// Writes the L2 headers and stages the packets for their egress ports.
void send_lowered(StageContext& context, Burst& burst);

}  // namespace ringroad::ip4
