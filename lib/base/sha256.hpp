// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// SHA-256 (FIPS 180-4), to tell one configuration from another as sha256sum(1) does.
#include <string>
#include <string_view>

namespace ringroad {

// Returns 64 hexadecimal digits, or an empty text if OpenSSL cannot compute them.
[[nodiscard]] std::string sha256(std::string_view text);

}  // namespace ringroad
