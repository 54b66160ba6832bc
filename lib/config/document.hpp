// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Parses text into its single YAML document. Private to lib/config.
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

// Reads at most a little more than kTextMax, so that reading /dev/zero ends too.
[[nodiscard]] std::expected<std::string, std::error_code> read_text_file(const std::string& path);

// Returns nothing and reports a problem if the text is not UTF-8, not YAML, empty, or more than one
// document.
[[nodiscard]] std::optional<Tree> read_document(std::string_view text, Report& report);

}  // namespace ringroad::config
