// SPDX-License-Identifier: BSD-3-Clause
#pragma once
#include <cstddef>
#include <cstdint>

#include "packet/stage.hpp"

namespace ringroad::ip6 {

// Writes each packet's L2 header from its adjacency and stages the packet for its egress port, with
// the priority of its traffic class. Packets whose neighbor's MAC is not known are punted or held.
void output(StageContext& context, Burst& burst);

// `octets`: the start of the frame.
inline void lower_hop_limit(std::uint8_t* octets) {
  --octets[kL2Bytes + offsetof(rte_ipv6_hdr, hop_limits)];
}

// The functions below do the work of forward() and output() for a burst in which every packet takes
// the fast path (goes_straight() of packet/link_output.hpp). ~3 cycles a packet.

void lower_hop_limits(const Burst& burst);
// Notes the packets that leave by the interface they came by. Called after the hop limits were
// lowered, because a redirect quotes the lowered one.
void note_hairpins(StageContext& context, const Burst& burst);
// lower_hop_limits() and send_lowered() in one pass.
void send_straight(StageContext& context, Burst& burst);
// Writes the L2 headers and stages the packets for their egress ports.
void send_lowered(StageContext& context, Burst& burst);

}  // namespace ringroad::ip6
