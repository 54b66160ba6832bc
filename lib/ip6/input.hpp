// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Validates IPv6 headers: RFC 8200 3, RFC 4291 2.5 and 2.7, in the order of Linux's ip6_rcv_core.
#include "packet/stage.hpp"

namespace ringroad::ip6 {

// Validates each packet's header: drops malformed packets and packets with addresses that no packet
// may have on a wire, each with its reason, trims Ethernet padding, and fills the burst's arrays
// from the headers. ~4 cycles a plain packet, ~20 any other.
void input(StageContext& context, Burst& burst);
// The same in two parts, for a burst with burst.plain set that is filled from its start. `end` is
// an index in burst.packets. take_plain() takes the frames that are plain IPv6 for the station with
// this MAC address, in the form of Interface::mac, up to the first eight of which one is not, and
// returns their bytes as received. take() validates the packets between those and `end`, all of
// them IPv6 for this station, whose link headers are checked already.
std::uint64_t take_plain(Burst& burst, std::size_t end, std::uint64_t mac);
void take(StageContext& context, Burst& burst, std::size_t end);
// Validates one packet and appends it to the burst. Returns false if the packet was dropped. The
// caller sets burst.plain before the first one.
bool validate(StageContext& context, Burst& burst, Packet* packet, L2Class l2_class);

// Reads the packet's header into the burst's arrays again, after the header was changed.
void describe(Burst& burst, std::size_t index);

// Punts the packets whose hop-by-hop options are wrong: Linux's ip6_rcv_core refuses them before
// PRE_ROUTING.
void set_wrong_options_aside(StageContext& context, Burst& burst);
// Punts the packets with hop-by-hop options: the control thread processes those.
void set_options_aside(StageContext& context, Burst& burst);

}  // namespace ringroad::ip6
