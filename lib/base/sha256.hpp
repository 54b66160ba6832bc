// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// SHA-256 (FIPS 180-4), to tell one configuration from another as sha256sum(1) does.
#include <string>
#include <string_view>

namespace ringroad {

// Returns 64 hexadecimal digits.
[[nodiscard]] std::string sha256(std::string_view text);

}  // namespace ringroad
