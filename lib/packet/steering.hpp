// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Who chooses the workers of the frames that a port receives.
#include <cstdint>
#include <span>

#include "packet/packet.hpp"

namespace ringroad {

struct FlowSteering {
  const void* state = nullptr;
  // Writes to `workers`, for each frame, the number of the worker that is to carry it: `self`,
  // which has received it, if no flow can be read from the frame. Called by worker threads.
  void (*choose)(const void* state, std::span<Packet* const> frames, std::uint8_t self,
                 std::uint8_t* workers) = nullptr;
};

}  // namespace ringroad
