// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What the router answered, as text for people.
#include <nlohmann/json.hpp>
#include <span>
#include <string>

namespace ringroad::roadctl {

// `answer` is what came under "ok". What an older router leaves out prints as "-"; an answer that
// is not understood prints as JSON. Empty where there is nothing to say.
[[nodiscard]] std::string render(std::span<const std::string> verb, const nlohmann::json& answer,
                                 bool color);

}  // namespace ringroad::roadctl
