// SPDX-License-Identifier: BSD-3-Clause
// What the language means, where a listing does not show it.
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "folder.hpp"
#include "nft/parse.hpp"
#include "nft/print.hpp"

using namespace ringroad::nft;

namespace {

Ruleset read(std::string_view text) {
  auto ruleset = parse(text, "test.nft");
  if (!ruleset) {
    for (const Problem& problem : ruleset.error()) {
      UNSCOPED_INFO(problem.to_string());
    }
  }
  REQUIRE(ruleset);
  return *std::move(ruleset);
}

std::vector<std::string> rules_of(const Chain& chain, const Table& table) {
  std::vector<std::string> rules;
  rules.reserve(chain.rules.size());
  for (const Rule& rule : chain.rules) {
    rules.push_back(print(table, rule));
  }
  return rules;
}

std::string write(const ringroad::test::Folder& folder, const std::string& name,
                  std::string_view text) {
  const std::filesystem::path file = folder / name;
  std::filesystem::create_directories(file.parent_path());
  std::ofstream{file} << text;
  return file.string();
}

}  // namespace

TEST_CASE("variables hold values, lists, sets and names, up to the end of their braces") {
  const Ruleset ruleset = read(R"(
define wan = "eth0"
define web = { 80, 443 }
define more = { $web, 8080 }
define net = 10.0.0.0/8
table inet t {
  define inner = 22
  chain c {
    iifname $wan tcp dport $web accept
    tcp dport $more drop
    ip saddr $net tcp dport $inner accept
  }
}
)");
  const Table& table = ruleset.tables.at(0);
  CHECK(rules_of(table.chains.at(0), table) ==
        std::vector<std::string>{"iifname \"eth0\" tcp dport { 80, 443 } accept",
                                 "tcp dport { 80, 443, 8080 } drop",
                                 "ip saddr 10.0.0.0/8 tcp dport 22 accept"});
  CHECK_FALSE(parse("table t {\n define x = 1\n}\ntable u { chain c { tcp dport $x } }", "t"));
}

TEST_CASE("files include others, from their own folder, and all that match a pattern") {
  const ringroad::test::Folder folder;
  static_cast<void>(write(folder, "rules.d/a.nft", "define a = 1"));
  static_cast<void>(write(folder, "rules.d/b.nft", "define b = 2"));
  const std::string file = write(folder, "main.nft",
                                 "include \"rules.d/*.nft\"\ninclude \"none*.nft\"\n"
                                 "table t { chain c { tcp dport { $a, $b } } }\n");
  const auto ruleset = load(file);
  REQUIRE(ruleset);
  const Table& table = ruleset->tables.at(0);
  CHECK(rules_of(table.chains.at(0), table).at(0) == "tcp dport { 1, 2 }");
  const std::string loop = write(folder, "loop.nft", "include \"loop.nft\"\n");
  const auto endless = load(loop);
  REQUIRE_FALSE(endless);
  CHECK(endless.error().at(0).what == "files include each other more than 16 deep");
}

TEST_CASE(
    "commands change what is there: rules are added and inserted, tables deleted and flushed") {
  const Ruleset ruleset = read(R"(#!/usr/sbin/nft -f
flush ruleset
add table ip gone
delete table ip gone
destroy table ip6 never
add table ip t
add chain ip t c { type filter hook input priority 0; policy drop; }
add rule ip t c tcp dport 2
insert rule ip t c tcp dport 1
add rule t c tcp dport 3
add set t s { type ipv4_addr; }
add element t s { 1.1.1.1, 1.1.1.2 }
)");
  REQUIRE(ruleset.tables.size() == 1);
  const Table& table = ruleset.tables[0];
  CHECK(rules_of(table.chains.at(0), table) ==
        std::vector<std::string>{"tcp dport 1", "tcp dport 2", "tcp dport 3"});
  CHECK(table.sets.at(0).elements.size() == 2);
  CHECK_FALSE(table.chains[0].base.value_or(BaseChain{}).accepts);
}

TEST_CASE("bits reduce to a mask and what is flipped, as the kernel has them") {
  const Ruleset ruleset =
      read("table t { chain c { meta mark set meta mark & 0xff | 0x10 ^ 0x3 } }");
  const auto& assignment =
      std::get<Assignment>(ruleset.tables[0].chains[0].rules[0].statements.at(0));
  const auto& expression = std::get<Expression>(assignment.value);
  for (std::uint64_t mark = 0; mark < 0x200; ++mark) {
    CHECK((((Value{mark} & expression.mask) ^ expression.flips) & Value::ones(32)) ==
          Value{((mark & 0xff) | 0x10) ^ 0x3});
  }
}

TEST_CASE("overlapping ranges of a rule's own set become one, those of a map are refused") {
  const Ruleset ruleset = read("table t { chain c { tcp dport { 1-100, 50-200, 201, 300 } } }");
  const Set& set = ruleset.tables[0].sets.at(0);
  REQUIRE(set.elements.size() == 2);
  CHECK(set.elements[0].key[0] == Interval{1, 201});
  CHECK_FALSE(parse("table t { chain c { tcp dport vmap { 1-9 : drop, 5 : accept } } }", "t"));
  CHECK_FALSE(
      parse("table t { set s { type ipv4_addr; flags interval; elements = { 10.0.0.0/8, "
            "10.1.0.0/16 } } }",
            "t"));
}

TEST_CASE("a chain may be used above the place where it is declared, and a loop is refused") {
  CHECK(parse("table t { chain a { jump b }\n chain b { drop } }", "t"));
  const auto loop = parse(
      "table t { chain i { type filter hook input priority 0; jump a; }\n"
      " chain a { jump b }\n chain b { tcp dport vmap { 1 : goto a } } }",
      "t");
  REQUIRE_FALSE(loop);
  CHECK(loop.error().at(0).what == "chain 'a' leads back to itself");
  CHECK(loop.error().at(0).place.line == 3);
}

TEST_CASE("values of 128 bits shift, mask and count as numbers do") {
  CHECK(Value::ones(128) == Value{~0ULL, ~0ULL});
  CHECK(Value::ones(0).is_zero());
  CHECK(Value::prefix_mask(10, 128) == Value{0xffc0'0000'0000'0000, 0});
  CHECK(Value{1}.shifted_left(100) == Value{1ULL << 36, 0});
  CHECK(Value{1ULL << 36, 0}.shifted_right(100) == Value{1});
  CHECK(Value{0, ~0ULL}.next() == Value{1, 0});
  CHECK(Value{1, 0}.previous() == Value{0, ~0ULL});
  CHECK(Value{1, 0} > Value{0, ~0ULL});
}
