// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Answers echo requests to the router on the worker that received them (RFC 4443 4.2).
#include "packet/stage.hpp"

namespace ringroad::ip6 {

// Whether the packet is a valid echo request, without extension headers, in one buffer, sent to one
// of the router's addresses alone, whose reply is not longer than any path MTU and does not depend
// on the link that it came from. The control thread answers the others.
[[nodiscard]] bool is_short_echo_request(Packet& packet);

// Turns each request into its reply, in the same buffers.
void answer_echo_requests(StageContext& context, Burst& burst);

}  // namespace ringroad::ip6
