// SPDX-License-Identifier: BSD-3-Clause
#pragma once
#include "ip6/input.hpp"
#include "packet/run_hooks.hpp"

namespace ringroad::ip6 {

inline void run_hooks(HookPoint point, StageContext& context, Burst& burst) {
  ringroad::run_hooks(point, context, burst, describe);
}

}  // namespace ringroad::ip6
