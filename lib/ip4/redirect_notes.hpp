// SPDX-License-Identifier: BSD-3-Clause
#pragma once
#include <cstdint>

#include "packet/redirect_notes.hpp"

namespace ringroad::ip4 {

// Punts copies of packets whose senders may be told a better gateway (RFC 1812 5.2.7.2). The
// packets themselves are forwarded. `which` has a bit for each packet to examine.
void note_redirects(StageContext& context, const Burst& burst, std::uint64_t which);

}  // namespace ringroad::ip4
