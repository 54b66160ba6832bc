// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What the slow path asks of neighbor resolution. Resolution does it; a rehearsal only says what
// it would do.
#include <optional>

#include "base/mac.hpp"
#include "neigh/key.hpp"
#include "packet/packet.hpp"

namespace ringroad::host {

template <class Address>
class NeighborOutput {
 public:
  NeighborOutput() = default;
  NeighborOutput(const NeighborOutput&) = delete;
  NeighborOutput& operator=(const NeighborOutput&) = delete;
  virtual ~NeighborOutput() = default;

  // Sends an IP packet to that neighbor at once, or queues it until the MAC address is known.
  virtual void send(neigh::Key<Address> key, OwnedPacket packet) = 0;
  // The neighbor's MAC address, if that is known.
  [[nodiscard]] virtual std::optional<Mac> mac_of(neigh::Key<Address> /*key*/) const {
    return std::nullopt;
  }
  // Handles an ARP message, or a packet with a message of neighbor discovery.
  virtual void hear(OwnedPacket frame) = 0;
};

}  // namespace ringroad::host
