// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What the router would do with a frame now. The worker's stages and the slow path themselves
// process a copy of the frame, with counters, lists and limits of their own: nothing is sent,
// learned, counted or charged. Control thread only; ~50 us.
//
// Of hooks, only those of the firewall are asked; others may have effects.
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/gateway.hpp"
#include "control/router.hpp"
#include "tap/taps.hpp"

namespace ringroad::control {

// A frame that would leave, or a packet that would wait for its neighbor: it has no MAC addresses
// yet then.
struct RehearsedFrame {
  PortId port;  // the device
  std::uint8_t priority = 0;
  bool waits = false;
  EitherAddress neighbor{};  // for which it waits
  // The source of the request for it; none: no request is sent now.
  std::optional<EitherAddress> asks_from{};
  bool is_answer = false;   // made by the router, of the frame or about it
  std::uint32_t bytes = 0;  // of the frame, its tags included
  std::uint8_t band = 0;    // where the port has bands
  std::vector<std::uint8_t> octets{};
};

struct Rehearsed {
  std::vector<tap::Event> events;  // as in a trace
  std::vector<RehearsedFrame> frames;
  std::optional<stats::DropReason> lost_answer;  // why the router's own packet would be dropped
  std::optional<InterfaceId> ingress;  // of a frame that a worker handed to the control thread
};

// The frame arrives from the device. Fails if it does not fit into a buffer, or if none is free.
[[nodiscard]] Result<Rehearsed> rehearse(const Router& router, PortId port,
                                         std::span<const std::uint8_t> frame);

}  // namespace ringroad::control
