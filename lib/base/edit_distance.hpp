// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// How far apart two words are, to guess what a mistyped one was meant to be.
#include <cstddef>
#include <limits>
#include <string_view>

namespace ringroad {

inline constexpr std::size_t kFar = std::numeric_limits<std::size_t>::max();

// Edits from one to the other, two swapped neighbors counting as one (optimal string alignment);
// case and '-' against '_' do not count. kFar for words above 32 characters.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

}  // namespace ringroad
