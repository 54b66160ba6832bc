// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// `show bands` as `tc -s qdisc` prints a queueing discipline, with its bands below.
#include <nlohmann/json.hpp>
#include <string>

namespace ringroad::roadctl {

[[nodiscard]] std::string render_bands(const nlohmann::json& queues, bool color);

}  // namespace ringroad::roadctl
