// SPDX-License-Identifier: BSD-3-Clause
#include "packet/run_hooks.hpp"

#include <bit>
#include <cassert>

namespace ringroad {

void run_chain(const HookChain& chain, StageContext& context, Burst& burst, Describe describe) {
  for (const auto& [hook, number] : chain) {
    if (burst.count == 0) {
      return;
    }
    HookVerdicts verdicts;
    assert(hook.states.empty() || context.thread < hook.states.size());
    hook.run(hook.state(context.thread), context, burst, verdicts);
    const std::uint64_t held = verdicts.held() & burst.all();
    const std::uint64_t dropped = verdicts.dropped() & burst.all() & ~held;
    for (std::uint64_t left = dropped; left != 0; left &= left - 1) {
      const auto index = static_cast<std::size_t>(std::countr_zero(left));
      context.drop(burst.packets[index], verdicts.reason(index), burst.ingress);
    }
    context.held_by_hooks.add(static_cast<std::uint64_t>(std::popcount(held)));
    for (std::uint64_t left = verdicts.changed() & burst.all() & ~held & ~dropped; left != 0;
         left &= left - 1) {
      describe(burst, static_cast<std::size_t>(std::countr_zero(left)));
    }
    for (std::uint64_t left = verdicts.prioritized() & burst.all(); left != 0; left &= left - 1) {
      const auto index = static_cast<std::size_t>(std::countr_zero(left));
      burst.priorities[index] = verdicts.priority(index);
    }
    burst.compact(~(held | dropped));
  }
}

}  // namespace ringroad
