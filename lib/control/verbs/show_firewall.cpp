// SPDX-License-Identifier: BSD-3-Clause
// Reports the rules of the firewall, as text in the form of `nft -a list ruleset` and as objects,
// with what they counted.
#include "control/json.hpp"
#include "control/verb.hpp"
#include "nft/print.hpp"

namespace ringroad::control {
namespace {

// A rule, and what its counters say, if it has any; `hits` are the packets of which it decided.
Json row(const filter::Program& program, std::uint32_t t, std::uint32_t c, std::uint32_t r) {
  const nft::Table& table = program.ruleset().tables[t];
  const nft::Rule& rule = table.chains[c].rules[r];
  Json row{{"handle", rule.handle},
           {"text", nft::print(table, rule)},
           {"line", rule.place.line},
           {"hits", program.rule_hits(t, c, r)}};
  for (std::uint32_t s = 0; s < rule.statements.size(); ++s) {
    if (const auto total = program.counter(t, c, r, s)) {
      row["packets"] = total->packets;
      row["bytes"] = total->bytes;
    }
  }
  return row;
}

Json row(const filter::Program& program, std::uint32_t t, std::uint32_t c) {
  const nft::Chain& chain = program.ruleset().tables[t].chains[c];
  Json row{{"name", chain.name}, {"handle", chain.handle}, {"rules", Json::array()}};
  if (chain.base) {
    row["hook"] = nft::to_string(chain.base->hook);
    row["priority"] = chain.base->priority;
    row["policy"] = chain.base->accepts ? "accept" : "drop";
    row["policy_hits"] = program.policy_hits(t, c);
  }
  for (std::uint32_t r = 0; r < chain.rules.size(); ++r) {
    row["rules"].push_back(control::row(program, t, c, r));
  }
  return row;
}

Reply show_firewall(Router& router, Options& options) {
  options.only({"chain"});
  const std::string wanted = options.has("chain") ? options.text("chain") : "";
  if (const auto& error = options.error()) {
    return refused(*error);
  }
  Json tables = Json::array();
  const filter::Program* const program = router.firewall().program();
  bool found = wanted.empty();
  for (std::uint32_t t = 0; program != nullptr && t < program->ruleset().tables.size(); ++t) {
    const nft::Table& table = program->ruleset().tables[t];
    Json chains = Json::array();
    for (std::uint32_t c = 0; c < table.chains.size(); ++c) {
      if (wanted.empty() || table.chains[c].name == wanted) {
        chains.push_back(row(*program, t, c));
        found = true;
      }
    }
    Json counters = Json::array();
    for (std::uint32_t i = 0; i < table.counters.size(); ++i) {
      const filter::Total total = program->named_counter(t, i).value_or(filter::Total{});
      counters.push_back(
          {{"name", table.counters[i].name}, {"packets", total.packets}, {"bytes", total.bytes}});
    }
    tables.push_back({{"family", nft::to_string(table.family)},
                      {"name", table.name},
                      {"handle", table.handle},
                      {"counters", std::move(counters)},
                      {"chains", std::move(chains)}});
  }
  if (!found) {
    return refused({fmt::format("the firewall has no chain '{}'", wanted)});
  }
  return at_once({{"text", router.firewall().listing(wanted)}, {"tables", std::move(tables)}});
}

const Verb kShowFirewall{"show firewall", show_firewall};

}  // namespace

}  // namespace ringroad::control
