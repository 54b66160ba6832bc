// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// How the values of headers are taken apart.
#include <algorithm>
#include <string_view>

namespace ringroad::http {

[[nodiscard]] inline std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t";
  const std::size_t first = text.find_first_not_of(kBlank);
  return first == std::string_view::npos
             ? std::string_view{}
             : text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// Takes the part before `end` off the text, and `end` itself.
[[nodiscard]] inline std::string_view take_until(std::string_view& text, std::string_view end) {
  const std::string_view part = text.substr(0, text.find(end));
  text.remove_prefix(std::min(text.size(), part.size() + end.size()));
  return part;
}

}  // namespace ringroad::http
