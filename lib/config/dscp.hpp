// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Differentiated services codepoints by name. Private to lib/config.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ringroad::config {

// Accepts a name or a number: "ef" or "46".
[[nodiscard]] std::optional<std::uint8_t> parse_dscp(std::string_view text);
// The name, or the number if there is no name.
[[nodiscard]] std::string dscp_name(std::uint8_t dscp);

}  // namespace ringroad::config
