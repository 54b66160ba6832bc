// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What a shell may complete: the words of verbs, and what only a running router knows.
#include <functional>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ringroad::roadctl {

// The words that may come next.
struct NextWords {
  std::vector<std::string> words{};
  bool ports = false;      // and the names of the router's ports
  bool prefixes = false;   // and the prefixes of its routes
  bool neighbors = false;  // and the addresses of its neighbors
  bool addresses = false;  // and its own addresses, with their lengths
};
// `typed` are the whole words before the one that is completed.
[[nodiscard]] NextWords next_words(std::span<const std::string> typed);

// Returns what `next` asks a router for. `ask` returns the answer of a verb, or null.
[[nodiscard]] std::vector<std::string> router_words(
    const NextWords& next,
    const std::function<nlohmann::json(std::string_view what, const nlohmann::json& options)>& ask);

}  // namespace ringroad::roadctl
