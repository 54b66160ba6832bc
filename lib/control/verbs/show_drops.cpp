// SPDX-License-Identifier: BSD-3-Clause
// Reports dropped packets by reason, of all ports or of one: in total, now, and in the last minute;
// and which rules of the firewall dropped how many since they were loaded.
#include <algorithm>

#include "control/now_json.hpp"
#include "control/verb.hpp"
#include "nft/print.hpp"

namespace ringroad::control {
namespace {

// By the rules and policies that dropped packets, most first.
Json drops_by_rule(const filter::Program& program) {
  std::vector<Json> rows;
  const auto& tables = program.ruleset().tables;
  for (std::uint32_t t = 0; t < tables.size(); ++t) {
    for (std::uint32_t c = 0; c < tables[t].chains.size(); ++c) {
      const nft::Chain& chain = tables[t].chains[c];
      const auto add = [&](std::uint64_t packets, Json handle, std::string rule) {
        if (packets > 0) {
          rows.push_back({{"family", nft::to_string(tables[t].family)},
                          {"table", tables[t].name},
                          {"chain", chain.name},
                          {"handle", std::move(handle)},
                          {"rule", std::move(rule)},
                          {"packets", packets}});
        }
      };
      for (std::uint32_t r = 0; r < chain.rules.size(); ++r) {
        if (const std::uint64_t packets = program.rule_drops(t, c, r)) {
          add(packets, chain.rules[r].handle,
              nft::print(tables[t], chain.rules[r], {.handles = false}));
        }
      }
      if (chain.base && !chain.base->accepts) {
        add(program.policy_hits(t, c), nullptr, "policy drop");
      }
    }
  }
  std::ranges::stable_sort(rows, std::greater{},
                           [](const Json& row) { return row.at("packets").get<std::uint64_t>(); });
  return rows;
}

Reply show_drops(Router& router, Options& options) {
  const std::optional<InterfaceId> port = optional_port(router, options);
  if (const auto& error = options.error()) {
    return refused(*error);
  }
  Json drops = drops_json(router, port);
  const filter::Program* const program = router.firewall().program();
  for (Json& drop : drops) {
    if (program != nullptr && !port &&
        drop.at("reason") == stats::name(stats::DropReason::kFirewall)) {
      drop["rules"] = drops_by_rule(*program);
    }
  }
  return at_once(std::move(drops));
}

const Verb kShowDrops{"show drops", show_drops};

}  // namespace

}  // namespace ringroad::control
