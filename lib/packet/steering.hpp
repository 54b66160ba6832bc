// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Who chooses the workers of the frames that a port receives.
#include <cstdint>
#include <span>

#include "packet/packet.hpp"

namespace ringroad {

struct FlowSteering {
  const void* state = nullptr;
  // Writes the number of its worker to `workers` for each frame; `self` receives them, and keeps
  // those that belong to nobody. Worker threads.
  void (*choose)(const void* state, std::span<Packet* const> frames, std::uint8_t self,
                 std::uint8_t* workers) = nullptr;
};

}  // namespace ringroad
