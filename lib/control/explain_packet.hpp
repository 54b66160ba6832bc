// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The frame that `explain` makes of words.
#include <cstdint>
#include <optional>
#include <vector>

#include "interface/world.hpp"

namespace ringroad::control {

struct ExplainedPacket {
  Mac destination_mac;
  Mac source_mac{{0x02, 0, 0, 0, 0, 0x01}};
  Ipv4 source;
  Ipv4 destination;
  std::uint8_t protocol = 1;  // an echo request
  std::uint16_t source_port = 0;
  std::uint16_t destination_port = 0;
  std::uint8_t tos = 0;
  std::uint8_t ttl = 64;
  bool dont_fragment = false;
  std::uint16_t length = 84;  // of the IPv4 packet; at least shortest_length()
};

[[nodiscard]] std::uint16_t shortest_length(std::uint8_t protocol);
// Returns the frame as it arrives from the device, with the tags of a sub-interface. All checksums
// are right.
[[nodiscard]] std::vector<std::uint8_t> make_frame(const ExplainedPacket& packet,
                                                   const neigh::Tags& tags);

}  // namespace ringroad::control
