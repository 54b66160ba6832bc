// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Layer 2 input: classifies frames by destination and hands them to the handler of their EtherType.
#include <array>
#include <cstdint>
#include <vector>

#include "packet/stage.hpp"

namespace ringroad::ethernet {

// Handles a burst of frames of one EtherType, sent to this station, to all or to a group.
using FrameHandler = void (*)(StageContext& context, Burst& burst);

// The table of handlers by EtherType, with one row for each protocol (Linux's ptype_base). Filled
// before the workers start. 64 KiB, of which a worker touches the lines of the types that it
// receives.
class EtherTypes {
 public:
  // Returns false if the type has a handler already.
  bool add(std::uint16_t ether_type, FrameHandler handler);
  // Returns null if the type has no handler.
  [[nodiscard]] FrameHandler find(std::uint16_t ether_type) const {
    return handlers_[rows_[ether_type]];
  }

 private:
  std::array<std::uint8_t, 65536> rows_{};
  std::vector<FrameHandler> handlers_{nullptr};
};

// The handlers of packets whose headers are validated already.
struct CheckedLines {
  FrameHandler ipv4;
  FrameHandler ipv6;
};

// Counts the burst at its port and hands every frame to its handler. Drops frames for other
// stations, of unknown EtherType and of unknown VLAN. Untagged IPv4 and IPv6 for this station go to
// `checked` first, their headers validated on the way (input.hpp of ip4/ and ip6/). A tagged frame
// goes to its handler without its tags, as a frame of its sub-interface. ~5 cycles for a plain
// packet, ~40 for any other.
void input(StageContext& context, Burst& burst, const EtherTypes& types,
           const CheckedLines& checked);

}  // namespace ringroad::ethernet
