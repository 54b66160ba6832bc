// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Answers echo requests to the router on the worker that received them (RFC 792, RFC 1812 4.3.3.6).
// ~100 cycles for a short request.
#include "packet/stage.hpp"

namespace ringroad::ip4 {

// Whether the packet is a valid echo request whose reply is shorter than any path MTU. Only the
// control thread knows the path MTUs that longer replies need.
[[nodiscard]] bool is_short_echo_request(Packet& packet);

// Turns each request into its reply, in the same buffers.
void answer_echo_requests(StageContext& context, Burst& burst);

}  // namespace ringroad::ip4
