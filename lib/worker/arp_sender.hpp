// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Classifies the sender of an ARP message or of one of neighbor discovery, as far as a worker can,
// so that the control thread gets the important messages when it cannot read all.
#include <cstdint>

#include "packet/stage.hpp"

namespace ringroad::worker {

enum class ArpSender : std::uint8_t {
  kNeighbor,    // claims to be a neighbor whose MAC is known
  kSpeaksToUs,  // unknown; the frame is addressed to the router alone, as replies are
  kStranger,
};

// `frame` is an ARP message, or one of neighbor discovery, with the metadata of a punt. ~20 ns, for
// a route lookup.
[[nodiscard]] ArpSender arp_sender(const Tables& tables, Packet& frame);

}  // namespace ringroad::worker
