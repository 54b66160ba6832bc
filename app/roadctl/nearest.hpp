// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Suggests the word that a mistyped word was probably meant to be.
#include <span>
#include <string>
#include <string_view>

namespace ringroad::roadctl {

// Returns "; did you mean 'via'?", or the list of known words if none is similar.
[[nodiscard]] std::string hint(std::string_view word, std::span<const std::string> known);

}  // namespace ringroad::roadctl
