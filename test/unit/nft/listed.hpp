// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A rule as it is listed.
#include <catch2/catch.hpp>
#include <string>

#include "nft/parse.hpp"
#include "nft/print.hpp"

namespace ringroad::nft {

struct Case {
  const char* written;
  const char* listed;
};

// The listing of a rule at the end of a table that begins so; what is listed means the same.
inline std::string listed_in(const std::string& begin, const char* rule) {
  const auto ruleset = parse(begin + rule + "\n}\n}\n", "test.nft");
  if (!ruleset) {
    UNSCOPED_INFO(ruleset.error().at(0).to_string());
  }
  REQUIRE(ruleset);
  const std::string listing = print(*ruleset, {.handles = false});
  const auto again = parse(listing, "listed.nft");
  REQUIRE(again);
  CHECK(print(*again, {.handles = false}) == listing);
  const Table& table = ruleset->tables[0];
  return print(table, table.chains.back().rules.at(0));
}

}  // namespace ringroad::nft
