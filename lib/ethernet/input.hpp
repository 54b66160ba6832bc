// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Layer 2 input: whom a frame is for, and who handles its EtherType.
#include <array>
#include <cstdint>
#include <vector>

#include "packet/stage.hpp"

namespace ringroad::ethernet {

// Takes a burst of frames of one EtherType that are for this station, or for all or many.
using FrameHandler = void (*)(StageContext& context, Burst& burst);

// EtherType to handler: a protocol is one row (Linux's ptype_base). Filled before
// the workers start. 64 KiB, of which a worker touches the lines of the types it sees.
class EtherTypes {
 public:
  // False where the type is taken.
  bool add(std::uint16_t ether_type, FrameHandler handler);
  // Null: nobody handles it.
  [[nodiscard]] FrameHandler find(std::uint16_t ether_type) const {
    return handlers_[rows_[ether_type]];
  }

 private:
  std::array<std::uint8_t, 65536> rows_{};
  std::vector<FrameHandler> handlers_{nullptr};
};

// Counts the burst as the port's, hands every frame to its handler, and drops what is for another
// station, of no known type or of no known VLAN. IPv4 without a tag goes first, its headers checked
// on the way (ip4/input.hpp), to `checked_ipv4`. A tagged frame arrives without its tags, as its
// sub-interface's. ~5 cycles a plain packet, ~40 any other.
void input(StageContext& context, Burst& burst, const EtherTypes& types, FrameHandler checked_ipv4);

}  // namespace ringroad::ethernet
