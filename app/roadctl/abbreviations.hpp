// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Verbs may be shortened, as with ip(8): "sh ro" is "show routes".
#include <span>
#include <string>
#include <vector>

#include "base/error.hpp"

namespace ringroad::roadctl {

// Returns the arguments with their verb in full. What ip(8) calls `route show` or `link` is what is
// called `show routes` and `show ports` here. A verb that is not known stays as it is. Fails if a
// word may stand for several verbs.
[[nodiscard]] Result<std::vector<std::string>> expand(std::span<const std::string> arguments);

// The same for words that are completed: a group alone, and what is not known, stay as they are.
[[nodiscard]] std::vector<std::string> expand_typed(std::span<const std::string> arguments);

}  // namespace ringroad::roadctl
