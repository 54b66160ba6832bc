// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Runs the hooks of one point over a burst.
#include "packet/stage.hpp"

namespace ringroad::ip4 {

// Removes the packets that a hook drops or holds, and reads the headers that a hook changed again.
void run_chain(const HookChain& chain, StageContext& context, Burst& burst);

inline void run_hooks(HookPoint point, StageContext& context, Burst& burst) {
  const HookChain* const chain = context.tables.hooks.at(point);
  if (chain != nullptr) [[unlikely]] {
    run_chain(*chain, context, burst);
  }
}

}  // namespace ringroad::ip4
