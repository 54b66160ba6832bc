// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The names that values of a data type have. Private to lib/nft.
#include <span>
#include <string_view>

#include "nft/field.hpp"

namespace ringroad::nft {

struct Name {
  std::string_view text;
  std::uint32_t value;
};

// Where two names have one value, the first is printed.
[[nodiscard]] std::span<const Name> type_names(Type type);

}  // namespace ringroad::nft
