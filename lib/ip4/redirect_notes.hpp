// SPDX-License-Identifier: BSD-3-Clause
#pragma once
#include "packet/stage.hpp"

namespace ringroad::ip4 {

// Of packets that leave by the port they came by: a copy of one a sender and round goes to the
// control thread, which may tell the sender of a better gateway (RFC 1812 5.2.7.2). The packets
// themselves go on. `which`: a bit for each packet that is looked at.
void note_redirects(StageContext& context, const Burst& burst, std::uint64_t which);

}  // namespace ringroad::ip4
