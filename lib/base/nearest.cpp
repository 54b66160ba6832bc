// SPDX-License-Identifier: BSD-3-Clause
#include "base/nearest.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/edit_distance.hpp"

namespace ringroad {
std::string hint(std::string_view unknown, std::span<const std::string_view> known) {
  std::size_t least = kFar;
  std::string_view nearest;
  for (const std::string_view name : known) {
    if (const std::size_t edits = edit_distance(unknown, name); edits < least) {
      least = edits;
      nearest = name;
    }
  }
  // One error is allowed in a short word, and one for four letters of a longer one: 'speed' is not
  // a guess for 'spread'.
  const std::size_t shorter = std::min(unknown.size(), nearest.size());
  if (least < nearest.size() && least <= std::max<std::size_t>(1, shorter / 4)) {
    return fmt::format("; did you mean '{}'?", nearest);
  }
  if (known.empty()) {
    return {};
  }
  constexpr std::size_t kMost = 20;
  return fmt::format("; known: {}{}", fmt::join(known.first(std::min(known.size(), kMost)), ", "),
                     known.size() > kMost ? ", ..." : "");
}

}  // namespace ringroad
