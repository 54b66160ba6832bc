// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The words after a verb, in the manner of ip(8), as a request's options: "10.0.0.0/8 via
// 192.168.1.2 metric 10" is {"prefix": "10.0.0.0/8", "via": "192.168.1.2", "metric": 10}. Whether
// an address is one is the router's to say.
#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "base/error.hpp"

namespace ringroad::roadctl {

using Words = std::span<const std::string>;
using Options = Result<nlohmann::json>;

[[nodiscard]] Options show_options(Words words);
[[nodiscard]] Options show_routes_options(Words words);
[[nodiscard]] Options show_port_options(Words words);
[[nodiscard]] Options route_set_options(Words words);
[[nodiscard]] Options route_del_options(Words words);
[[nodiscard]] Options route_get_options(Words words);
[[nodiscard]] Options route_load_options(Words words);
[[nodiscard]] Options neighbor_add_options(Words words);
[[nodiscard]] Options neighbor_del_options(Words words);
[[nodiscard]] Options neighbor_flush_options(Words words);
[[nodiscard]] Options link_set_options(Words words);
[[nodiscard]] Options address_options(Words words);
[[nodiscard]] Options bands_delays_options(Words words);

}  // namespace ringroad::roadctl
