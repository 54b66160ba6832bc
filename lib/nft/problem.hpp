// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What is wrong with a ruleset, and where.
#include <string>
#include <vector>

#include "nft/model.hpp"

namespace ringroad::nft {

struct Problem {
  Place place;
  std::string what;

  // "firewall.nft:14:10: there is no chain 'inputs'"
  [[nodiscard]] std::string to_string() const;
};
using Problems = std::vector<Problem>;

// Text of the ruleset for a message: in quotes, shortened, without control characters.
[[nodiscard]] std::string shown(std::string_view text);

}  // namespace ringroad::nft
