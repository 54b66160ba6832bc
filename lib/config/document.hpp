// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Text to its one YAML document. Private to lib/config.
#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "config/report.hpp"
#include "config/tree.hpp"

namespace ringroad::config {

// Longer lists of routes belong in a route file.
inline constexpr std::size_t kTextMax = std::size_t{1} << 20U;

// At most a little more than a configuration may have, so that /dev/zero ends too.
[[nodiscard]] std::expected<std::string, std::error_code> read_text_file(const std::string& path);

// Nothing, and a problem in the report, where it is not text, not YAML, empty, or more than one
// document.
[[nodiscard]] std::optional<Tree> read_document(std::string_view text, Report& report);

}  // namespace ringroad::config
