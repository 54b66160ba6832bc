// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// How the values of headers are taken apart.
#include <algorithm>
#include <charconv>
#include <string_view>
#include <system_error>

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

// Returns the weight among the parameters of a media range or coding: RFC 9110 12.4.2.
[[nodiscard]] inline double weight_of(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::string_view parameter = trimmed(take_until(parameters, ";"));
    if (parameter.starts_with("q=") || parameter.starts_with("Q=")) {
      double weight = 0;
      const std::string_view number = parameter.substr(2);
      const auto [end, error] =
          std::from_chars(number.data(), number.data() + number.size(), weight);
      return error == std::errc{} ? std::clamp(weight, 0.0, 1.0) : 0;
    }
  }
  return 1;
}

}  // namespace ringroad::http
