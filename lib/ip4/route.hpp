// SPDX-License-Identifier: BSD-3-Clause
#pragma once
#include "packet/stage.hpp"

namespace ringroad::ip4 {

// Looks up the whole burst: burst.destinations to burst.next_hops to burst.adjacencies. Every
// packet gets one; no route is an adjacency too.
void route(const StageContext& context, Burst& burst);

}  // namespace ringroad::ip4
