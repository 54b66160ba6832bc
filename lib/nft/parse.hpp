// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Reads a ruleset in the language of nft(8), as `nft -f` does onto an empty one. What is not there
// is refused where it is written; nothing is ignored. docs/firewall.md lists what is there.
#include <expected>
#include <string>
#include <string_view>

#include "nft/model.hpp"
#include "nft/problem.hpp"

namespace ringroad::nft {

// `file` is the name in the problems; relative paths of `include` start at its folder.
[[nodiscard]] std::expected<Ruleset, Problems> parse(std::string_view text,
                                                     const std::string& file);
[[nodiscard]] std::expected<Ruleset, Problems> load(const std::string& path);

}  // namespace ringroad::nft
