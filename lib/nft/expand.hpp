// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Carries out `include`, `define`, `redefine` and `undefine`, and puts values in the place of
// variables. Private to lib/nft.
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "nft/token.hpp"

namespace ringroad::nft {

[[nodiscard]] std::vector<Token> expand(std::string_view text, const std::string& file,
                                        Problems& problems);
// A file of at most kTextMax bytes.
[[nodiscard]] std::expected<std::string, std::string> read_text(const std::string& path);

}  // namespace ringroad::nft
