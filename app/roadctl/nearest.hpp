// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What a mistyped word was probably meant to be.
#include <span>
#include <string>
#include <string_view>

namespace ringroad::roadctl {

// "; did you mean 'via'?", or which words there are where none is near.
[[nodiscard]] std::string hint(std::string_view word, std::span<const std::string> known);

}  // namespace ringroad::roadctl
