// SPDX-License-Identifier: BSD-3-Clause
// What is wrong, or not there, is refused where it is written.
#include <catch2/catch.hpp>
#include <string>

#include "nft/parse.hpp"

using namespace ringroad::nft;

TEST_CASE("a rule that is not understood is refused at its line and column") {
  struct Case {
    const char* rule;
    int column;
    const char* what;
  };
  const auto& [rule, column, what] = GENERATE(values<Case>({
      {"ct helper \"ftp\" accept", 4, "'ct helper' is not there"},
      {"tcp dport 80 dnat to 10.0.0.1", 14, "of which family: 'dnat ip to' or 'dnat ip6 to'?"},
      {"tcp dprot 80", 5, "'tcp' has no 'dprot'; did you mean 'dport'?"},
      {"tpc dport 80", 1, "no statement begins with 'tpc'; did you mean 'tcp'?"},
      {"tcp dport 70000", 11, "'70000' has more than 16 bits"},
      {"tcp dport nosuchservice-x", 11, "'nosuchservice-x' is no value of the type inet_service"},
      {"ip saddr 10.0.0.300", 10, "'10.0.0.300' is no value of the type ipv4_addr"},
      {"ip saddr 10.0.0.0/33", 19, "a prefix has at most 32 bits"},
      {"ip saddr ::1", 10, "'::1' is no value of the type ipv4_addr"},
      {"tcp dport 9-3", 11, "the range ends before it begins"},
      {"tcp dport { }", 11, "a set of a rule's own has at least one element"},
      {"tcp dport @nobody", 12, "there is no set 'nobody' in table inet t; known: known"},
      {"tcp dport @known", 12, "the keys of 'known' are of the type ipv4_addr"},
      {"jump nowhere", 6, "there is no chain 'nowhere' in table inet t; known: c"},
      {"accept drop", 8, "nothing follows a verdict or a translation but a comment"},
      {"tcp dport 1 udp dport 1", 13,
       "'udp dport' is of another protocol than what this rule has matched"},
      {"ip saddr 1.1.1.1 ip6 saddr ::1", 18,
       "'ip6 saddr' is of another protocol than what this rule has matched"},
      {"meta length set 5", 13, "'meta length' cannot be set"},
      {"limit rate 5/fortnight", 13,
       "'fortnight' is no period; known: second, minute, hour, day, week"},
      {"log group 1", 5, "'log group' is not there"},
      {"counter name nobody", 14, "there is no counter 'nobody'"},
      {"reject with icmp nothing", 18, "'nothing' is no value of the type icmp_code"},
      {"tcp dport > 5-7", 11, "a range is compared by == or !="},
      {"iifname \"this-name-is-far-too-long\"", 9,
       "'this-name-is-far-too-long' is no name of an interface"},
      {"ip saddr 1.1.1.1 }", 0, ""},
  }));
  INFO(rule);
  const auto ruleset = parse(
      std::string{"table inet t {\nset known { type ipv4_addr; }\nchain c {\n"} + rule + "\n}\n}\n",
      "test.nft");
  REQUIRE_FALSE(ruleset);
  if (column != 0) {
    const Problem& problem = ruleset.error().at(0);
    CHECK(problem.place.line == 4);
    CHECK(problem.place.column == column);
    CHECK(problem.what.starts_with(what));
  }
}

TEST_CASE("each rule that is wrong is reported, and a brace inside it ends nothing else") {
  const auto ruleset = parse(R"(table inet t {
  set s { type nothing; elements = { 1, 2 }
  }
  chain c {
    type filter hook forward priority 0; policy maybe;
    tcp dport { 80, htpp } accept
    udp dport 53 accept
    ct zone 1
  }
}
table arp a { }
)",
                             "fw.nft");
  REQUIRE_FALSE(ruleset);
  std::vector<std::string> all;
  for (const Problem& problem : ruleset.error()) {
    all.push_back(problem.to_string());
  }
  CHECK(all == std::vector<std::string>{
                   "fw.nft:2:16: 'nothing' is no data type that is there",
                   "fw.nft:5:49: a policy is accept or drop, not 'maybe'",
                   "fw.nft:6:21: 'htpp' is no value of the type inet_service; did you mean 'http'?",
                   "fw.nft:8:8: 'ct zone' is not there",
                   "fw.nft:11:7: tables of the family arp are not there; known: ip, ip6, inet"});
}

TEST_CASE("chains are at the hooks that their type has, and rules reject only where Linux can") {
  CHECK_FALSE(parse("table t { chain c { type nat hook forward priority 0; } }", "t"));
  CHECK_FALSE(parse("table t { chain c { type route hook input priority 0; } }", "t"));
  CHECK_FALSE(parse("table t { chain c { type filter hook input priority dstnat; } }", "t"));
  CHECK_FALSE(
      parse("table t { chain c { type filter hook postrouting priority 0; reject; } }", "t"));
  CHECK_FALSE(parse("table t { chain c { type filter hook ingress priority 0; } }", "t"));
  CHECK(parse("table t { chain c { type filter hook prerouting priority dstnat - 10; } }", "t"));
}

TEST_CASE("no text ends in a crash: braces that never close, quotes, characters of all kinds") {
  for (const char* const text : {"table",
                                 "table t {",
                                 "table t { chain",
                                 "table t { chain c { type",
                                 "table t { set s {",
                                 "table t { chain c { tcp dport {",
                                 "\"",
                                 "define",
                                 "define x",
                                 "define x =",
                                 "include",
                                 "$",
                                 "$x",
                                 "table t { chain c { ip saddr . } }",
                                 "add rule",
                                 "add",
                                 "}",
                                 "{",
                                 "\\",
                                 "\xff\x01",
                                 "table t { chain c { tcp dport { $",
                                 "table t { map m { type ipv4_addr : ",
                                 "add element t s {",
                                 "table t { chain c { meta mark set } }",
                                 "table t { chain c { limit rate } }"}) {
    INFO(text);
    static_cast<void>(parse(text, "t"));
  }
}
