// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Prints the result of loading a file of routes.
#include <nlohmann/json.hpp>
#include <string>

#include "roadctl/display.hpp"

namespace ringroad::roadctl {

[[nodiscard]] std::string render_load(const nlohmann::json& counts, const Display& display);

}  // namespace ringroad::roadctl
