// SPDX-License-Identifier: BSD-3-Clause
#pragma once
#include "ip4/input.hpp"
#include "packet/run_hooks.hpp"

namespace ringroad::ip4 {

inline void run_hooks(HookPoint point, StageContext& context, Burst& burst) {
  ringroad::run_hooks(point, context, burst, describe);
}

}  // namespace ringroad::ip4
