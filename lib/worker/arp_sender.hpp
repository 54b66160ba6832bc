// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Who sent an ARP message, as far as a worker can tell, so that the control thread gets the
// important ones when it cannot read all.
#include <cstdint>

#include "packet/stage.hpp"

namespace ringroad::worker {

enum class ArpSender : std::uint8_t {
  kNeighbor,    // says that it is a neighbor whose MAC is known
  kSpeaksToUs,  // nobody known; the frame is for the router alone, as answers are
  kStranger,
};

// `frame` has EtherType 0x0806 and the metadata of a punt. Takes a route lookup, ~20 ns.
[[nodiscard]] ArpSender arp_sender(const Tables& tables, Packet& frame);

}  // namespace ringroad::worker
