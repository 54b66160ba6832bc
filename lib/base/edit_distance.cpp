// SPDX-License-Identifier: BSD-3-Clause
#include "base/edit_distance.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace ringroad {
namespace {

constexpr std::size_t kLongest = 32;  // longer words are not compared

bool same(char a, char b) {
  const auto folded = [](char c) {
    return c == '-' ? '_' : std::tolower(static_cast<unsigned char>(c));
  };
  return folded(a) == folded(b);
}

}  // namespace

std::size_t edit_distance(std::string_view a, std::string_view b) {
  if (a.size() > kLongest || b.size() > kLongest) {
    return kFar;
  }
  std::array<std::array<unsigned char, kLongest + 1>, kLongest + 1> edits{};
  const auto plus = [](unsigned edit, unsigned more) {
    return static_cast<unsigned char>(edit + more);
  };
  for (std::size_t i = 0; i <= a.size(); ++i) {
    for (std::size_t j = 0; j <= b.size(); ++j) {
      if (i == 0 || j == 0) {
        edits[i][j] = static_cast<unsigned char>(i + j);
        continue;
      }
      edits[i][j] = std::min({plus(edits[i - 1][j], 1), plus(edits[i][j - 1], 1),
                              plus(edits[i - 1][j - 1], same(a[i - 1], b[j - 1]) ? 0 : 1)});
      if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1])) {
        edits[i][j] = std::min(edits[i][j], plus(edits[i - 2][j - 2], 1));
      }
    }
  }
  return edits[a.size()][b.size()];
}

}  // namespace ringroad
