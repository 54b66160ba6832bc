// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What the router would do with a frame, in words and for programs: the answer to `explain`.
#include <cstdint>
#include <span>

#include "control/json.hpp"
#include "control/router.hpp"

namespace ringroad::control {

// The frame arrives from the device. Fails if no buffer takes it.
[[nodiscard]] Result<Json> explain(const Router& router, PortId port,
                                   std::span<const std::uint8_t> frame);

}  // namespace ringroad::control
