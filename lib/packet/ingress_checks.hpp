// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What both families' ingress checks share.
#include "packet/stage.hpp"

namespace ringroad {

[[nodiscard]] constexpr bool asks(std::uint8_t checks, IngressCheck check) {
  return (checks & static_cast<std::uint8_t>(check)) != 0;
}

// Keeps the packets of which `passes(i)` is true, and drops the others.
template <class Passes>
void keep_those(StageContext& context, Burst& burst, stats::DropReason reason, Passes&& passes) {
  std::uint64_t kept = burst.all();
  for (std::uint16_t i = 0; i < burst.count; ++i) {
    if (!passes(i)) {
      context.drop(burst.packets[i], reason, burst.ingress);
      kept &= ~(std::uint64_t{1} << i);
    }
  }
  burst.compact(kept);
}

// Whether a route to the source of a packet leads back: out by the ingress interface, if strict.
[[nodiscard]] inline bool leads_back(const Tables& tables, NextHopId next_hop, InterfaceId ingress,
                                     bool strict) {
  return tables.next_hops.any(next_hop, [&](AdjacencyId id) {
    const neigh::Adjacency& back = tables.adjacencies[id];
    return back.leads_on() && (!strict || back.port == ingress);
  });
}

}  // namespace ringroad
