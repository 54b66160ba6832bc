// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A worker's stages work on bursts; the control thread runs them over one packet at a time.
#include "packet/packet.hpp"
#include "packet/run_hooks.hpp"
#include "packet/stage.hpp"

namespace ringroad::host {

// Makes a burst of one packet. `describe`: that of ip4 or ip6. The burst owns the packet.
inline void fill(Burst& burst, OwnedPacket packet, Describe describe) {
  burst.begin(meta(*packet).ingress, 1);
  burst.l2_classes[0] = meta(*packet).l2_class;
  burst.packets[0] = packet.release();
  describe(burst, 0);
  // The packet has no next hop before the lookup.
  burst.next_hops[0] = {};
}

// Returns the packet if it is still in the burst, otherwise null.
inline OwnedPacket extract(Burst& burst) {
  return OwnedPacket{burst.count == 1 ? burst.packets[0] : nullptr};
}

// Runs the hooks of that point over one packet. Returns null if a hook holds or dropped it.
// `way_of` returns its adjacency. `is_own`: the packet is the router's.
template <class WayOf>
[[nodiscard]] OwnedPacket run_hooks(StageContext& context, HookPoint point, OwnedPacket packet,
                                    Describe describe, WayOf&& way_of, bool is_own = false) {
  const HookChain* const chain = context.tables.hooks.at(point);
  if (chain == nullptr) {
    return packet;
  }
  Burst burst;
  fill(burst, std::move(packet), describe);
  burst.is_own = is_own;
  burst.adjacencies[0] = &way_of(*burst.packets[0]);
  run_chain(*chain, context, burst, describe);
  context.drop_list.flush();
  return extract(burst);
}

// Hands over the packets that rules rejected while hooks ran.
template <class Take>
void take_rejected(StageContext& context, Take&& take) {
  while (context.punts.count > 0) {
    take(OwnedPacket{context.punts.packets[--context.punts.count]});
  }
}

}  // namespace ringroad::host
