#pragma once
// The verbs of the control socket. Each is a row; what is wrong with a request is said, and nothing
// is changed by it.
#include <nlohmann/json.hpp>

#include "base/error.hpp"
#include "control/router.hpp"

namespace ringroad::control {

// {"verb": ["route", "add"], "options": {...}} to its answer.
[[nodiscard]] Result<nlohmann::json> carry_out(Router& router, const nlohmann::json& request);

}  // namespace ringroad::control
