// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Routes as a table, as `ip route` and `route -n` print them, and as `route get` explains them.
#include <nlohmann/json.hpp>
#include <string>

namespace ringroad::roadctl {

[[nodiscard]] std::string render_routes(const nlohmann::json& routes, bool color);
[[nodiscard]] std::string render_route_get(const nlohmann::json& route, bool color);

}  // namespace ringroad::roadctl
