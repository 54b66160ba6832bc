// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Routers that start with rules.
#include <catch2/catch.hpp>
#include <string>

#include "nft/parse.hpp"
#include "testbed.hpp"

namespace ringroad::test {

// Fails the test if the text is no ruleset.
inline config::Firewall firewall_of(std::string_view text) {
  auto ruleset = nft::parse(text, "test.nft");
  REQUIRE(ruleset);
  config::Firewall firewall{.ruleset = "", .rules = std::string{text}, .parsed = {}, .digest = {}};
  firewall.set(*std::move(ruleset));
  return firewall;
}

inline Testbed::Options with_rules(std::string_view text, unsigned workers = 1) {
  Testbed::Options options;
  options.config.firewall = firewall_of(text);
  options.config.engine.workers.clear();
  for (unsigned core = 0; core < workers; ++core) {
    options.config.engine.workers.push_back(core);
  }
  return options;
}

}  // namespace ringroad::test
