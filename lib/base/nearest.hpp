// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Guesses which known name was meant by an unknown one ("did you mean").
#include <span>
#include <string>
#include <string_view>

namespace ringroad {

// Returns "; did you mean 'addresses'?", or "; known: to, via" if no name is similar, or "" if no
// names are known.
[[nodiscard]] std::string hint(std::string_view unknown, std::span<const std::string_view> known);

}  // namespace ringroad
