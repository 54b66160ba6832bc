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
      {"log group 1 flags all", 5, "'log group' has no flags"},
      {"log level info group 1", 5, "'log group' has no level"},
      {"log level audit flags all", 5, "'log level audit' has nothing else"},
      {"log flags tcp", 14, "expected 'options'"},
      {"log flags ethr", 11, "'ethr' is no flag of 'log'; did you mean 'ether'?"},
      {"log group 70000", 11, "'70000' has more than 16 bits"},
      {"counter name nobody", 14, "there is no counter 'nobody'"},
      {"reject with icmp nothing", 18, "'nothing' is no value of the type icmp_code"},
      {"tcp dport > 5-7", 11, "a range is compared by == or !="},
      {"iifname \"this-name-is-far-too-long\"", 9,
       "'this-name-is-far-too-long' is no name of an interface"},
      {"ip saddr 1.1.1.1 }", 0, ""},
      {"ct original zone 1", 13, "'ct zone' is not there"},
      {"ct event set new", 4, "'ct event' is not there"},
      {"ct stat new", 4, "'ct' has no 'stat'; did you mean 'state'?"},
      {"ct state establishd", 10,
       "'establishd' is no value of the type ct_state; did you mean 'established'?"},
      {"ct state set new", 10, "'ct state' cannot be set"},
      {"ct mark set ip dscp", 13, "'ip dscp' is of the type dscp, not mark"},
      {"ct saddr 1.2.3.4", 4,
       "an address is of a direction: 'ct original saddr' or 'ct reply saddr'"},
      {"ct original saddr 1.2.3.4", 13,
       "of which family: 'ct original ip saddr' or 'ct original ip6 saddr'?"},
      {"ip saddr 1.1.1.1 ct reply ip6 saddr ::1", 18,
       "'ct reply ip6 saddr' is of another protocol than what this rule has matched"},
      {"ct reply proto-dst 80", 1,
       "'ct reply proto-dst' needs its protocol before it in the rule, such as 'meta l4proto tcp'"},
      {"ct expiration soon", 15, "'soon' is no value of the type time"},
      {"dnat ip to 1.2.3.4:80", 20,
       "a port needs its protocol before it in the rule, such as 'meta l4proto tcp'"},
      {"th dport 80 redirect to :8080", 26, "a port needs its protocol before it"},
      {"meta l4proto != tcp redirect to :8080", 34, "a port needs its protocol before it"},
      {"ip saddr 1.1.1.1 dnat ip6 to ::1", 18,
       "'dnat ip6' is of another protocol than what this rule has matched"},
      {"dnat ip to ::1", 12, "'::1' is no value of the type ipv4_addr"},
      {"dnat ip to [1.2.3.4", 20, "expected ']' behind the address, not the end of the line"},
      {"dnat ip to 1.2.3.9-1.2.3.4", 12, "the range ends before it begins"},
      {"tcp dport 80 redirect to :9-3", 27, "the range ends before it begins"},
      {"dnat ip prefix to 1.2.3.4", 26, "expected '/' and the length of the prefix"},
      {"dnat ip prefix to 1.2.3.0/24 random", 30, "the address in a prefix is not chosen"},
      {"dnat ip to ip daddr", 12,
       "a field gives an address or a port only by a map: FIELD map { ... }"},
      {"dnat ip to tcp dport map @marks", 27,
       "the data of 'marks' are of the type mark, not ipv4_addr"},
      {"dnat ip to tcp dport map { 80 : 1.1.1.1 . 80 }:90", 47, "the map gives the port already"},
      {"dnat ip to tcp dport map { 1 : 1.1.1.1, 2 : 1.1.1.1-1.1.1.9 }", 45,
       "only a map of the type 'KEY : interval DATA' has ranges as data"},
      {"dnat ip to tcp dport map { 1 : 1.1.1.1 . 1, 2 : 1.1.1.1 }", 57, "expected '.' and a port"},
      {"masquerade to 1.2.3.4", 15, "expected ':' and a port, not '1.2.3.4'"},
      {"masquerade random,often", 19, "expected random, fully-random or persistent"},
      {"redirect accept", 10, "nothing follows a verdict or a translation but a comment"},
      {"flow add @fst", 11, "there is no flowtable 'fst' in table inet t; did you mean 'fast'?"},
      {"flow remove @fast", 6, "expected 'add' and a flowtable"},
  }));
  INFO(rule);
  const auto ruleset =
      parse(std::string{"table inet t {\nset known { type ipv4_addr; }\nchain c {\n"} + rule +
                "\n}\nmap marks { type inet_service : mark; }\n"
                "flowtable fast { hook ingress priority 0; }\n}\n",
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
  CHECK(all ==
        std::vector<std::string>{
            "fw.nft:2:16: 'nothing' is no data type that is there",
            "fw.nft:5:49: a policy is accept or drop, not 'maybe'",
            "fw.nft:6:21: 'htpp' is no value of the type inet_service; did you mean 'http'?",
            "fw.nft:8:8: 'ct zone' is not there",
            "fw.nft:11:7: tables of the family arp are not there; known: ip, ip6, inet, netdev"});
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

TEST_CASE("a translation is in a chain of type nat, at a hook where Linux has it") {
  struct Case {
    const char* chain;
    const char* rule;
    const char* what;  // nothing: it is accepted
  };
  const auto& [chain, rule, what] = GENERATE(values<Case>({
      {"nat hook prerouting", "dnat ip to 1.2.3.4", ""},
      {"nat hook output", "redirect", ""},
      {"nat hook input", "snat ip to 1.2.3.4", ""},
      {"nat hook postrouting", "snat ip to 1.2.3.4", ""},
      {"nat hook postrouting", "masquerade", ""},
      {"nat hook prerouting", "snat ip to 1.2.3.4",
       "'snat' is possible only at postrouting and input; chain 'c' at prerouting leads here"},
      {"nat hook output", "masquerade",
       "'masquerade' is possible only at postrouting; chain 'c' at output leads here"},
      {"nat hook input", "masquerade", "'masquerade' is possible only at postrouting"},
      {"nat hook postrouting", "dnat ip to 1.2.3.4",
       "'dnat' is possible only at prerouting and output; chain 'c' at postrouting leads here"},
      {"nat hook input", "redirect", "'redirect' is possible only at prerouting and output"},
      {"filter hook prerouting", "dnat ip to 1.2.3.4",
       "'dnat' is possible only in chains of type nat; chain 'c' of type filter leads here"},
      {"route hook output", "jump d", "'masquerade' is possible only in chains of type nat"},
      {"nat hook output", "jump d", "'masquerade' is possible only at postrouting"},
      {"filter hook forward", "flow add @f", ""},
      {"filter hook input", "flow add @f",
       "'flow add' is possible only at forward; chain 'c' at input leads here"},
      {"filter hook postrouting", "notrack", ""},
  }));
  INFO(chain << ": " << rule);
  const auto ruleset =
      parse(std::string{"table inet t {\nflowtable f { hook ingress priority 0; }\n"
                        "chain d {\nmasquerade\n}\nchain c {\ntype "} +
                chain + " priority 0;\n" + rule + "\n}\n}\n",
            "test.nft");
  CHECK(ruleset.has_value() == (*what == '\0'));
  if (!ruleset) {
    CHECK(ruleset.error().at(0).what.starts_with(what));
    CHECK(ruleset.error().at(0).place.line == (std::string_view{rule} == "jump d" ? 4 : 8));
  }
}

TEST_CASE("chains of type nat are behind connection tracking, and flowtables have a hook") {
  const auto problem_of = [](const std::string& text) {
    const auto ruleset = parse(text, "t");
    return ruleset ? std::string{} : ruleset.error().at(0).to_string();
  };
  const auto nat = [&](const std::string& priority) {
    return problem_of("table t { chain c { type nat hook prerouting priority " + priority +
                      "; } }");
  };
  CHECK(nat("-199").empty());
  CHECK(nat("mangle").empty());
  CHECK(nat("-200") ==
        "t:1:55: a chain of type nat comes behind connection tracking: priority "
        "-199 or above");
  CHECK_FALSE(nat("raw").empty());
  const auto flowtable = [&](const std::string& body) {
    return problem_of("table t { flowtable f { " + body + " } }");
  };
  CHECK(flowtable("hook ingress priority 0").empty());
  CHECK(flowtable("devices = { eth0 }") ==
        "t:1:21: flowtable 'f' has no hook: 'hook ingress priority filter'");
  CHECK(flowtable("hook egress priority 0") == "t:1:30: a flowtable has the hook ingress");
  CHECK(flowtable("hook ingress priority raw") == "t:1:47: priority raw is none of ingress");
  CHECK(flowtable("devices = { eth0, eth0 }") == "t:1:43: 'eth0' is there twice");
  CHECK(flowtable("devices = { eth* }") == "t:1:37: 'eth*' is no name of an interface");
  CHECK(flowtable("flags fast") == "t:1:31: a flowtable has the flag offload");
  CHECK(flowtable("device = { eth0 }") ==
        "t:1:25: 'device' is nothing that a flowtable has; did you mean 'devices'?");
  CHECK(problem_of("table t { ct helper h { } }") == "t:1:11: 'ct helper' is not there");
  CHECK(problem_of("table t { map m { type ipv4_addr : mark . inet_service; } }") ==
        "t:1:19: the data of a map is one value, or an address and a port");
  CHECK(problem_of(
            "table t { map m { type mark : interval ipv4_addr; elements = { 1 : 1.1.1.1 } } }") ==
        "t:1:68: all data of this map are ranges or prefixes, such as ADDRESS/32");
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
                                 "table t { chain c { limit rate } }",
                                 "table t { chain c { ct",
                                 "table t { chain c { ct original ip",
                                 "table t { chain c { dnat",
                                 "table t { chain c { dnat ip to [",
                                 "table t { chain c { dnat to tcp dport map {",
                                 "table t { chain c { redirect to :",
                                 "table t { chain c { flow add @",
                                 "table t { flowtable",
                                 "table t { flowtable f { devices = {",
                                 "table t { ct"}) {
    INFO(text);
    static_cast<void>(parse(text, "t"));
  }
}
