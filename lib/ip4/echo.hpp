// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Echo requests to the router, answered on the worker that received them (RFC 792, RFC 1812
// 4.3.3.6). ~100 cycles a request that is short.
#include "packet/stage.hpp"

namespace ringroad::ip4 {

// A right one whose answer is shorter than any path MTU: what routers on the way said of longer
// ones the control thread knows.
[[nodiscard]] bool is_short_echo_request(Packet& packet);

// Each request becomes its reply, in its buffers.
void answer_echo_requests(StageContext& context, Burst& burst);

}  // namespace ringroad::ip4
