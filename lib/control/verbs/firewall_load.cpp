// SPDX-License-Identifier: BSD-3-Clause
// Gives the firewall the ruleset of a file, whole or not at all; with `check` only says whether it
// would take it.
#include <fmt/format.h>

#include <string>

#include "control/verb.hpp"
#include "nft/parse.hpp"

namespace ringroad::control {
namespace {

// With the connections' settings that run.
Result<config::Firewall> read(const std::string& file, const config::Firewall& running) {
  auto ruleset = nft::load(file);
  if (!ruleset) {
    std::string lines;
    for (const nft::Problem& problem : ruleset.error()) {
      lines += fmt::format("{}{}", lines.empty() ? "" : "\n", problem.to_string());
    }
    return fail(std::move(lines));
  }
  config::Firewall rules{
      .ruleset = file, .rules = {}, .connections = running.connections, .parsed = {}, .digest = {}};
  rules.set(*std::move(ruleset));
  return rules;
}

Reply firewall_load(Router& router, Options& options) {
  options.only({"file", "check"});
  const std::string file = options.text("file");
  const bool check = options.flag("check");
  if (!file.starts_with('/')) {
    options.complain("'file' is not an absolute path");
  }
  if (const auto& error = options.error()) {
    return refused(*error);
  }
  const auto rules = read(file, router.firewall().rules());
  if (!rules) {
    return refused(rules.error());
  }
  const Status status = check ? router.firewall().check(*rules) : router.firewall().load(*rules);
  if (!status) {
    return refused(status.error());
  }
  if (!check) {
    router.configuration().set_firewall(*rules);
  }
  return at_once(nlohmann::json::object());
}

const Verb kFirewallLoad{"firewall load", firewall_load, Verb::Does::kChanges};

}  // namespace

}  // namespace ringroad::control
