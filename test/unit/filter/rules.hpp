// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A program of rules as text, and what it says about packets.
#include <catch2/catch.hpp>
#include <string>
#include <utility>

#include "filter/program.hpp"
#include "nft/parse.hpp"
#include "packets.hpp"

namespace ringroad::filter {

inline std::shared_ptr<const nft::Ruleset> parse(const std::string& text) {
  auto ruleset = nft::parse(text, "rules");
  INFO(text);
  INFO((ruleset ? std::string{} : ruleset.error()[0].to_string()));
  REQUIRE(ruleset);
  return std::make_shared<const nft::Ruleset>(std::move(*ruleset));
}

struct Rules {
  explicit Rules(const std::string& text, const InterfaceNames& names = {
                                              {"eth0", InterfaceId{0}}, {"eth1", InterfaceId{1}}}) {
    auto compiled = compile(parse(text), names, 1, clock);
    INFO((compiled ? "" : compiled.error().what));
    REQUIRE(compiled);
    program = std::move(*compiled);
  }
  // A chain of a table of both families that drops what its rules do not accept.
  static std::string chain(const std::string& rules, const std::string& more = "",
                           const std::string& hook = "forward") {
    return "table inet t {\n" + more + "\nchain c {\ntype filter hook " + hook +
           " priority 0; policy drop;\n" + rules + "\n}\n}\n";
  }

  // The packets that are dropped.
  std::uint64_t run(Packets& packets, HookPoint point = HookPoint::kForward,
                    Tracker* tracker = nullptr) {
    verdicts = {};
    program->run(0, {point, nullptr, packets.burst, verdicts, clock, sinks, tracker});
    return verdicts.dropped();
  }
  bool accepts(const Content& content, HookPoint point = HookPoint::kForward) {
    Packets packets{content.is_ipv6};
    packets.add(content);
    return run(packets, point) == 0;
  }

  Clock clock{Clock::Manual{}};
  Sinks sinks{};
  HookVerdicts verdicts;
  std::unique_ptr<Program> program;
};

}  // namespace ringroad::filter
