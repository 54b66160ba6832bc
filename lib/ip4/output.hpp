// SPDX-License-Identifier: BSD-3-Clause
#pragma once
#include "packet/stage.hpp"

namespace ringroad::ip4 {

// Writes each packet's L2 header from its adjacency and stages it for its egress port, with the
// priority that its TOS asks for. What has to be cut, or its neighbor asked for, goes up to the
// control thread, or waits. ~4 cycles a packet.
void output(StageContext& context, Burst& burst);

// forward() and output() for a burst about which nothing needs thought; ~3 cycles a packet.

// Every packet is plain and fits, and goes to a known neighbor, without a tag. Not of an empty
// burst.
[[nodiscard]] bool goes_straight(const Burst& burst);
void lower_ttls(const Burst& burst);
// Once the TTLs are lowered, which a redirect shows.
void note_hairpins(StageContext& context, const Burst& burst);
// What lower_ttls() does, and then the same as send_lowered().
void send_straight(StageContext& context, Burst& burst);
// Writes the L2 headers, and stages the packets for their ports.
void send_lowered(StageContext& context, Burst& burst);

}  // namespace ringroad::ip4
