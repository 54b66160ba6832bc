// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The order of the stages, each of which is a function over a burst. The table of EtherTypes
// selects the pipeline.
#include "ethernet/input.hpp"
#include "packet/stage.hpp"

namespace ringroad::worker {

// IPv4: header validation, PRE_ROUTING, route lookup, ingress checks, forward decision, FORWARD and
// POST_ROUTING, output to the egress stages.
void ipv4_line(StageContext& context, Burst& burst);
// The same, for a burst whose headers are validated.
void checked_ipv4_line(StageContext& context, Burst& burst);
// The same stages for IPv6.
void ipv6_line(StageContext& context, Burst& burst);
void checked_ipv6_line(StageContext& context, Burst& burst);

inline constexpr ethernet::CheckedLines kCheckedLines{.ipv4 = checked_ipv4_line,
                                                      .ipv6 = checked_ipv6_line};

// Punts ARP: the control thread answers and learns.
void arp_line(StageContext& context, Burst& burst);

// The protocols that Ringroad speaks on the wire.
[[nodiscard]] std::unique_ptr<ethernet::EtherTypes> make_ether_types();

}  // namespace ringroad::worker
