// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Carries out what decide() says of each routed packet.
#include "packet/stage.hpp"

namespace ringroad::ip6 {

// Keeps the packets that are forwarded and decrements their hop limit. Some of them may still have
// to wait for their neighbor's MAC: output() sees to that after the hooks.
void forward(StageContext& context, Burst& burst);

}  // namespace ringroad::ip6
