// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Local delivery on the worker that received the packet (Linux's ip_local_deliver): a table of
// protocols says what is answered here. Whatever no row accepts is the control thread's.
#include "packet/stage.hpp"

namespace ringroad::ip4 {

// Takes what forward() left in context.local. Accepted packets pass INPUT; their answers pass
// OUTPUT, the routes and POST_ROUTING, and leave like any other packet.
void deliver_here(StageContext& context);

}  // namespace ringroad::ip4
