// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Prints the router's answers as text for people.
#include <nlohmann/json.hpp>
#include <span>
#include <string>

#include "roadctl/display.hpp"

namespace ringroad::roadctl {

// `answer` is the value of "ok". A field that an older router does not have prints as "-", and an
// answer of an unexpected type as JSON. The text is empty if the verb has nothing to print.
[[nodiscard]] std::string render(std::span<const std::string> verb, const nlohmann::json& answer,
                                 const Display& display);

}  // namespace ringroad::roadctl
