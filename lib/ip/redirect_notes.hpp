#pragma once
#include "ip/stage.hpp"

namespace ringroad::ip {

// Of packets that leave by the port they came by: a copy of one a sender and round goes to the
// control thread, which may tell the sender of a better gateway (RFC 1812 5.2.7.2). The packets
// themselves go on. Reads burst.frames, which the caller sees to.
void note_redirects(StageContext& context, const Burst& burst);

}  // namespace ringroad::ip
