#pragma once
// Validates IPv4 headers: RFC 1812 5.2.2, in the order of Linux's ip_rcv.
#include "ip/stage.hpp"

namespace ringroad::ip {

// Drops what is malformed or comes from where nothing may come from, each with its reason; trims
// Ethernet padding; fills burst.destinations. ~9 cycles a packet, the packet's first cache line.
void input(StageContext& context, Burst& burst);

// Packets whose header has options are the control thread's, which reads and writes them.
void set_options_aside(StageContext& context, Burst& burst);

}  // namespace ringroad::ip
