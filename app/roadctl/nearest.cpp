// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/nearest.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/edit_distance.hpp"

namespace ringroad::roadctl {

std::string hint(std::string_view word, std::span<const std::string> known) {
  if (known.empty()) {
    return "";
  }
  const auto cost = [&](const std::string& candidate) {
    return !word.empty() && candidate.starts_with(word) ? std::size_t{0}
                                                        : edit_distance(word, candidate);
  };
  const auto& best = *std::ranges::min_element(known, {}, cost);
  if (cost(best) <= 2 && cost(best) < best.size()) {
    return fmt::format("; did you mean '{}'?", best);
  }
  std::string text = "; expected one of:";
  for (const std::string& candidate : known) {
    text.append(" ").append(candidate);
  }
  return text;
}

}  // namespace ringroad::roadctl
