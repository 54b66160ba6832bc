// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A datagram that was put together from fragments.
#include <algorithm>
#include <cstdint>

#include "packet/packet.hpp"

namespace ringroad::host {

struct Reassembled {
  OwnedPacket packet;         // null: fragments are missing, or the datagram was dropped
  std::uint16_t longest = 0;  // of the fragments, with their IP headers; 0: it came whole
};

template <class Pieces>
[[nodiscard]] std::uint16_t longest_of(const Pieces& pieces) {
  std::uint32_t longest = 0;
  for (const auto& piece : pieces) {
    longest = std::max(longest, piece.packet->pkt_len - kL2Bytes);
  }
  return static_cast<std::uint16_t>(longest);
}

}  // namespace ringroad::host
