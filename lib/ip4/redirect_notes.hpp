// SPDX-License-Identifier: BSD-3-Clause
#pragma once
#include "packet/stage.hpp"

namespace ringroad::ip4 {

// Punts a copy of one packet for each sender and round, of those that leave by the interface on
// which they arrived: the control thread may send the sender a redirect (RFC 1812 5.2.7.2). The
// packets themselves are forwarded. `which` has a bit for each packet to examine.
void note_redirects(StageContext& context, const Burst& burst, std::uint64_t which);

}  // namespace ringroad::ip4
