// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What a file of routes came to.
#include <nlohmann/json.hpp>
#include <string>

namespace ringroad::roadctl {

[[nodiscard]] std::string render_load(const nlohmann::json& counts, bool color);

}  // namespace ringroad::roadctl
