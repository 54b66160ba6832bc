// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Validates IPv4 headers: RFC 1812 5.2.2, in the order of Linux's ip_rcv.
#include "packet/stage.hpp"

namespace ringroad::ip4 {

// Validates each packet's header: drops malformed packets and packets from a martian source, each
// with its reason, trims Ethernet padding, and fills the burst's arrays from the headers. ~20
// cycles a packet. Avx2Input and Avx512Input give the same result faster.
void input(StageContext& context, Burst& burst);
// Validates one packet and appends it to the burst. Returns false if the packet was dropped. The
// caller sets burst.plain before the first one.
bool validate(StageContext& context, const OwnAddresses4& own, Burst& burst, Packet* packet,
              L2Class l2_class);

// Reads the packet's header into the burst's arrays again, after the header was changed.
void describe(Burst& burst, std::size_t index);

// Punts the packets whose header has options: the control thread processes those.
void set_options_aside(StageContext& context, Burst& burst);

}  // namespace ringroad::ip4
