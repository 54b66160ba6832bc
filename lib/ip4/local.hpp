// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Local delivery on the worker that received the packet (Linux's ip_local_deliver): a table of
// protocols says what is answered here. The control thread delivers whatever no row accepts.
#include "packet/stage.hpp"

namespace ringroad::ip4 {

// Delivers the packets in context.local, which forward() put there. Accepted packets pass INPUT,
// and their answers OUTPUT, the route lookup and POST_ROUTING; then they leave like any packet.
void deliver_here(StageContext& context);

// Why a packet of PuntReason::kBroadcast is dropped after INPUT.
[[nodiscard]] inline stats::DropReason reason_of_unwanted(Packet& packet) {
  return destination_of(packet).is_multicast() ? stats::DropReason::kMulticast
                                               : stats::DropReason::kBroadcast;
}

}  // namespace ringroad::ip4
