// SPDX-License-Identifier: BSD-3-Clause
#pragma once
#include "packet/stage.hpp"

namespace ringroad::ip6 {

// Looks up the destinations of the whole burst: fills burst.next_hops and burst.adjacencies. Every
// packet gets an adjacency, even if there is no route.
void route(const StageContext& context, Burst& burst);

}  // namespace ringroad::ip6
