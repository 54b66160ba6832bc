#pragma once
#include "ip/stage.hpp"

namespace ringroad::ip {

// Looks up the whole burst: burst.destinations to burst.next_hops to burst.adjacencies. Every
// packet gets one; no route is an adjacency too.
void route(const StageContext& context, Burst& burst);

}  // namespace ringroad::ip
