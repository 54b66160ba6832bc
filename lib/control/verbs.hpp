// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The verbs of the control socket. Each is a row; what is wrong with a request is said, and nothing
// is changed by it.
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "control/api_protocol.hpp"
#include "control/router.hpp"

namespace ringroad::control {

// {"verb": ["route", "add"], "options": {...}} to its answer, or to what makes it.
[[nodiscard]] Reply begin(Router& router, const nlohmann::json& request);
// The same for a caller that may wait: runs rounds of the control thread until the answer is whole.
[[nodiscard]] Result<nlohmann::json> carry_out(Router& router, const nlohmann::json& request);

}  // namespace ringroad::control
