// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The order of the stages. Each is a function over a burst; the table of EtherTypes picks the line.
#include "ethernet/input.hpp"
#include "packet/stage.hpp"

namespace ringroad::worker {

// IPv4: input checks, pre-routing, route lookup, what the port asks for, forward decision, forward
// and post-routing hooks, output to the egress stages.
void ipv4_line(StageContext& context, Burst& burst);
// The same behind the input checks.
void checked_ipv4_line(StageContext& context, Burst& burst);
// ARP is the control thread's.
void arp_line(StageContext& context, Burst& burst);

// The protocols that Ringroad speaks on the wire.
[[nodiscard]] std::unique_ptr<ethernet::EtherTypes> make_ether_types();

}  // namespace ringroad::worker
