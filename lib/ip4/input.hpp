// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Validates IPv4 headers: RFC 1812 5.2.2, in the order of Linux's ip_rcv.
#include "packet/stage.hpp"

namespace ringroad::ip4 {

// Drops what is malformed or comes from where nothing may come from, each with its reason; trims
// Ethernet padding; fills burst.destinations and what goes with burst.plain. ~20 cycles a packet;
// Avx2Input is the fast way to the same.
void input(StageContext& context, Burst& burst);
// The same of one packet: true where it is the burst's last now, false where it was dropped. The
// burst begins with `plain` set.
bool validate(StageContext& context, const OwnAddresses& own, Burst& burst, Packet* packet,
              L2Class l2_class);

// What the burst says of a packet, read from its header once more: somebody changed it.
void describe(Burst& burst, std::size_t index);

// Packets whose header has options are the control thread's, which reads and writes them.
void set_options_aside(StageContext& context, Burst& burst);

}  // namespace ringroad::ip4
