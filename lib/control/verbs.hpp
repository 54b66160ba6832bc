// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Finds and runs the verbs of the control socket.
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "control/api_protocol.hpp"
#include "control/router.hpp"

namespace ringroad::control {

// Runs a request such as {"verb": ["route", "add"], "options": {...}}. Returns its answer, or an
// object that makes the answer in slices.
[[nodiscard]] Reply begin(Router& router, const nlohmann::json& request);
// The same for a caller that may wait: runs rounds of the control thread until the answer is
// complete.
[[nodiscard]] Result<nlohmann::json> carry_out(Router& router, const nlohmann::json& request);

}  // namespace ringroad::control
