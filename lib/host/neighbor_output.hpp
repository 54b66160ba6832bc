// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What the slow path asks of neighbor resolution. Neighbors does it; a rehearsal only says what
// Neighbors would do.
#include "neigh/key.hpp"
#include "packet/packet.hpp"

namespace ringroad::host {

class NeighborOutput {
 public:
  NeighborOutput() = default;
  NeighborOutput(const NeighborOutput&) = delete;
  NeighborOutput& operator=(const NeighborOutput&) = delete;
  virtual ~NeighborOutput() = default;

  // Sends an IPv4 packet to that neighbor at once, or queues it until the MAC address is known.
  virtual void send(neigh::Key4 key, OwnedPacket packet) = 0;
  // Handles a frame of EtherType 0x0806.
  virtual void arp_input(OwnedPacket frame) = 0;
};

}  // namespace ringroad::host
