// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The distance between two words, for guesses at the meaning of a mistyped word.
#include <cstddef>
#include <limits>
#include <string_view>

namespace ringroad {

inline constexpr std::size_t kFar = std::numeric_limits<std::size_t>::max();

// The number of edits from one word to the other; swapping two neighboring characters counts as one
// (optimal string alignment). Case is ignored, and '-' equals '_'. kFar for words above 32
// characters.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace ringroad
