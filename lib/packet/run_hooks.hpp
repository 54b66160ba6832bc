// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Runs the hooks of one point over a burst.
#include "packet/stage.hpp"

namespace ringroad {

// Reads the header of a packet that a hook changed into the burst's arrays again.
using Describe = void (*)(Burst& burst, std::size_t index);

// Removes the packets that a hook drops or holds, and describes those that a hook changed again.
void run_chain(const HookChain& chain, StageContext& context, Burst& burst, Describe describe);

inline void run_hooks(HookPoint point, StageContext& context, Burst& burst, Describe describe) {
  const HookChain* const chain = context.tables.hooks.at(point);
  if (chain != nullptr) [[unlikely]] {
    run_chain(*chain, context, burst, describe);
  }
}

}  // namespace ringroad
