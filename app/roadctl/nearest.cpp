#include "roadctl/nearest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <vector>

namespace ringroad::roadctl {
namespace {

// Levenshtein's distance, one row of its table at a time.
std::size_t distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> row(to.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < from.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < to.size(); ++j) {
      const std::size_t replaced = diagonal + (from[i] == to[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, diagonal + 1});
    }
  }
  return row[to.size()];
}

}  // namespace

std::string hint(std::string_view word, std::span<const std::string> known) {
  if (known.empty()) {
    return "";
  }
  const auto cost = [&](const std::string& candidate) {
    return !word.empty() && candidate.starts_with(word) ? 0 : distance(word, candidate);
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
