// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Local delivery on the worker that received the packet (Linux's ip_local_deliver): a table of
// protocols says what is answered here. The control thread delivers whatever no row accepts.
#include "packet/stage.hpp"

namespace ringroad::ip4 {

// Delivers the packets in context.local, which forward() put there. Accepted packets pass INPUT,
// and their answers OUTPUT, the route lookup and POST_ROUTING; then they leave like any packet.
void deliver_here(StageContext& context);

}  // namespace ringroad::ip4
