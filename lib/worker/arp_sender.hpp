// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Whose ARP message it is, as far as a worker can tell: what the control thread must not miss when
// more come than it can read.
#include <cstdint>

#include "packet/stage.hpp"

namespace ringroad::worker {

enum class ArpSender : std::uint8_t {
  kNeighbor,    // says that it is a neighbor whose MAC is known
  kSpeaksToUs,  // nobody known; the frame is for the router alone, as answers are
  kStranger,
};

// A frame of EtherType 0x0806, its metadata as a punt's. A route lookup, ~20 ns.
[[nodiscard]] ArpSender arp_sender(const Tables& tables, Packet& frame);

}  // namespace ringroad::worker
