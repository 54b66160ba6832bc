// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Times as nft(8) writes them: 1d2h3m4s. Private to lib/nft.
#include <optional>
#include <string>
#include <string_view>

#include "base/units.hpp"

namespace ringroad::nft {

// A number without a unit is seconds. Nullopt if the text is no time.
[[nodiscard]] std::optional<Nanoseconds> parse_time(std::string_view text);
[[nodiscard]] std::string print_time(Nanoseconds time);

}  // namespace ringroad::nft
