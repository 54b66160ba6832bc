// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Prints the result of loading a file of routes.
#include <nlohmann/json.hpp>
#include <string>

namespace ringroad::roadctl {

[[nodiscard]] std::string render_load(const nlohmann::json& counts, bool color);

}  // namespace ringroad::roadctl
