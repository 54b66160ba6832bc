#pragma once
// Text to its one YAML document. Private to lib/config.
#include <cstddef>
#include <optional>
#include <string_view>

#include "config/report.hpp"
#include "config/tree.hpp"

namespace ringroad::config {

// Longer lists of routes belong in a route file.
inline constexpr std::size_t kTextMax = std::size_t{1} << 20U;

// Nothing, and a problem in the report, where it is not text, not YAML, empty, or more than one
// document.
[[nodiscard]] std::optional<Tree> read_document(std::string_view text, Report& report);

}  // namespace ringroad::config
