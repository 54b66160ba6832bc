// SPDX-License-Identifier: BSD-3-Clause
// Sets that change: what rules write to them, and what belongs to their elements.
#include <catch2/catch.hpp>
#include <string>

#include "nft/parse.hpp"
#include "nft/print.hpp"

using namespace ringroad::nft;

namespace {

std::string problem_of(const std::string& text) {
  const auto ruleset = parse(text, "t");
  return ruleset ? std::string{} : ruleset.error().at(0).to_string();
}

// With sets that rules write.
std::string rule_problem(const std::string& rule) {
  const std::string place = "t:10:";
  const std::string problem = problem_of(R"nft(table inet t {
set s { type ipv4_addr; flags dynamic; }
set e { type ipv4_addr; flags timeout; }
set c { type ipv4_addr; counter; }
set i { type ipv4_addr; flags interval; }
set k { type ipv4_addr; flags constant; }
map m { type ipv4_addr : mark; flags timeout; }
map v { type ipv4_addr : verdict; }
chain c {
)nft" + rule + "\n}\n}\n");
  return problem.starts_with(place) ? problem.substr(place.size()) : problem;
}

}  // namespace

TEST_CASE("sets that change, and the rules that write them, are listed as nft lists them") {
  const auto ruleset = parse(R"nft(table inet t {
 set a { type ipv4_addr; flags dynamic,timeout; timeout 1m; gc-interval 10s; size 128
   elements = { 1.2.3.4 timeout 30s, 1.2.3.5, 1.2.3.6 timeout 5m expires 3m } }
 set b { type ipv4_addr; }
 set c { type ipv4_addr; flags dynamic,timeout; }
 set e { type ipv4_addr; counter
   elements = { 1.2.3.4, 1.2.3.5 counter packets 5 bytes 6 comment "x" } }
 set f { type ipv4_addr . inet_service; flags dynamic,timeout; }
 set g { type ipv4_addr; flags interval; counter
   elements = { 1.2.3.4, * counter packets 1 bytes 2, 10.0.0.0/8 } }
 set h { type ipv4_addr; elements = { *, 1.2.3.4 } }
 set i { type ipv4_addr; flags interval,timeout; elements = { 1.2.3.4 timeout 5s, * timeout 3s } }
 set j { type ipv4_addr; flags timeout; elements = { 1.2.3.4 timeout 5s, 1.2.3.4 timeout 6s } }
 set k { type ipv4_addr; flags interval; timeout 3s; auto-merge; comment "x"; gc-interval 5s; counter
   size 6; elements = { 1.2.3.4, * comment "y", 1.2.3.5 timeout 8s } }
 map m { type ipv4_addr : mark; flags dynamic,timeout; timeout 1m
   elements = { 1.2.3.4 timeout 5s : 5, * : 8 } }
 map n { type ipv4_addr : ipv4_addr . inet_service; }
 map v { type ipv4_addr : verdict; counter
   elements = { 1.2.3.4 counter packets 3 bytes 4 : accept, * comment "k" : drop } }
 set q { type ipv4_addr; quota 5 mbytes; elements = { 1.2.3.4 } }
 set l { type ipv4_addr; limit rate 5/second burst 10 packets counter; size 0; timeout 0s
   elements = { 1.2.3.5 limit rate 6/second counter } }
 set o { type ipv4_addr; ct count 5; flags dynamic; elements = { 1.2.3.4 ct count 6 } }
 chain x {}
 chain c { type filter hook forward priority 0
  add @a { ip saddr }
  add @a { ip saddr timeout 10s }
  update @a { ip saddr timeout 10s counter } accept
  update @a { ip saddr limit rate 5/second burst 10 packets }
  update @a { ip saddr limit rate over 5/second counter packets 5 bytes 7 }
  update @a { ip saddr quota over 5 mbytes used 3 mbytes }
  delete @a { ip saddr }
  add @b { ip saddr ct count over 10 } drop
  ct count 5
  ct count over 5 drop
  add @f { ip saddr . tcp dport timeout 5s }
  add @m { ip saddr : 5 }
  add @m { ip saddr : meta mark }
  update @m { ip saddr timeout 5s : 0x5 }
  add @n { ip saddr : ip daddr . tcp dport }
  add @n { ip saddr : 1.2.3.4 . 80 }
  meter foo { ip saddr limit rate 5/second } accept
  meter bar size 128 { ip saddr . tcp dport timeout 5s counter }
  meter baz size 128 { ip saddr ct count over 3 } drop
  ip saddr vmap { 1.2.3.4 : accept, * : drop }
  ip saddr { 1.2.3.4, * }
  ip saddr { * } drop
  update @a { ip saddr & 255.255.255.0 }
  add @e { ip saddr counter }
 }
}
)nft",
                             "test.nft");
  INFO((ruleset ? std::string{} : ruleset.error()[0].to_string()));
  REQUIRE(ruleset);
  CHECK(print(*ruleset) == R"nft(table inet t { # handle 1
	set a { # handle 3
		type ipv4_addr
		size 128
		flags dynamic,timeout
		timeout 1m
		gc-interval 10s
		elements = { 1.2.3.4 timeout 30s, 1.2.3.5,
			     1.2.3.6 timeout 5m expires 3m }
	}

	set b { # handle 4
		type ipv4_addr
		size 65535
		flags dynamic
	}

	set c { # handle 5
		type ipv4_addr
		flags dynamic,timeout
	}

	set e { # handle 6
		type ipv4_addr
		size 65535
		flags dynamic
		counter
		elements = { 1.2.3.4 counter packets 0 bytes 0, 1.2.3.5 counter packets 5 bytes 6 comment "x" }
	}

	set f { # handle 7
		type ipv4_addr . inet_service
		size 65535
		flags dynamic,timeout
	}

	set g { # handle 8
		type ipv4_addr
		flags interval
		counter
		elements = { 1.2.3.4 counter packets 0 bytes 0, 10.0.0.0/8 counter packets 0 bytes 0,
			     * counter packets 1 bytes 2 }
	}

	set h { # handle 9
		type ipv4_addr
		elements = { 1.2.3.4, * }
	}

	set i { # handle 10
		type ipv4_addr
		flags interval,timeout
		elements = { 1.2.3.4 timeout 5s, * timeout 3s }
	}

	set j { # handle 11
		type ipv4_addr
		flags timeout
		elements = { 1.2.3.4 timeout 6s }
	}

	set k { # handle 12
		type ipv4_addr
		size 6
		flags interval,timeout
		counter
		auto-merge
		timeout 3s
		gc-interval 5s
		comment "x"
		elements = { 1.2.3.4/31 counter packets 0 bytes 0, * counter packets 0 bytes 0 comment "y" }
	}

	map m { # handle 13
		type ipv4_addr : mark
		size 65535
		flags dynamic,timeout
		timeout 1m
		elements = { 1.2.3.4 timeout 5s : 0x00000005, * : 0x00000008 }
	}

	map n { # handle 14
		type ipv4_addr : ipv4_addr . inet_service
		size 65535
	}

	map v { # handle 15
		type ipv4_addr : verdict
		counter
		elements = { 1.2.3.4 counter packets 3 bytes 4 : accept, * counter packets 0 bytes 0 comment "k" : drop }
	}

	set q { # handle 16
		type ipv4_addr
		quota 5 mbytes
		elements = { 1.2.3.4 quota 5 mbytes }
	}

	set l { # handle 17
		type ipv4_addr
		limit rate 5/second burst 10 packets counter
		elements = { 1.2.3.5 limit rate 6/second counter packets 0 bytes 0 }
	}

	set o { # handle 18
		type ipv4_addr
		flags dynamic
		ct count 5
		elements = { 1.2.3.4 ct count 6 }
	}

	chain x { # handle 1
	}

	chain c { # handle 2
		type filter hook forward priority filter; policy accept;
		add @a { ip saddr } # handle 19
		add @a { ip saddr timeout 10s } # handle 20
		update @a { ip saddr timeout 10s counter } accept # handle 21
		update @a { ip saddr limit rate 5/second burst 10 packets } # handle 22
		update @a { ip saddr limit rate over 5/second counter } # handle 23
		update @a { ip saddr quota over 5 mbytes } # handle 24
		delete @a { ip saddr } # handle 25
		add @b { ip saddr ct count over 10 } drop # handle 26
		ct count 5 # handle 27
		ct count over 5 drop # handle 28
		add @f { ip saddr . tcp dport timeout 5s } # handle 29
		add @m { ip saddr : 0x00000005 } # handle 30
		add @m { ip saddr : meta mark } # handle 31
		update @m { ip saddr timeout 5s : 0x00000005 } # handle 32
		add @n { ip saddr : ip daddr . tcp dport } # handle 33
		add @n { ip saddr : 1.2.3.4 . 80 } # handle 34
		meter foo size 65535 { ip saddr limit rate 5/second } accept # handle 36
		meter bar size 128 { ip saddr . tcp dport timeout 5s counter } # handle 38
		meter baz size 128 { ip saddr ct count over 3 } drop # handle 40
		ip saddr vmap { 1.2.3.4 : accept, * : drop } # handle 42
		ip saddr { 1.2.3.4, * } # handle 44
		ip saddr { * } drop # handle 46
		update @a { ip saddr & 255.255.255.0 } # handle 47
		add @e { ip saddr } # handle 48
	}
}
)nft");
  const auto again = parse(print(*ruleset, {.handles = false}), "listed.nft");
  INFO((again ? std::string{} : again.error()[0].to_string()));
  REQUIRE(again);
  CHECK(print(*again) == print(*ruleset));
}

TEST_CASE("what rules cannot write is refused where it is written") {
  CHECK(rule_problem("add @s { ip saddr }").empty());
  CHECK(rule_problem("add @e { ip saddr timeout 1m counter limit rate 1/second }").empty());
  CHECK(rule_problem("add @s { ip saddr timeout 5s }") ==
        "10: set 's' has timeouts only with 'flags timeout'");
  CHECK(rule_problem("add @i { ip saddr }") == "6: no rule writes 'i', which has ranges");
  CHECK(rule_problem("add @k { ip saddr }") == "6: no rule writes 'k', which is constant");
  CHECK(rule_problem("add @v { ip saddr : accept }") ==
        "6: no rule writes 'v', which is a map of verdicts");
  CHECK(rule_problem("add @no { ip saddr }") == "6: there is no set 'no'");
  CHECK(rule_problem("add @s { tcp dport }") == "10: the keys of 's' are of the type ipv4_addr");
  CHECK(rule_problem("add @s { 1.2.3.4 }").starts_with("10: no statement begins with '1.2.3.4'"));
  CHECK(rule_problem("add @s { ip saddr expires 5s }") ==
        "19: 'expires' is not there in a rule's element");
  CHECK(rule_problem("add @s { ip saddr last }") ==
        "19: expected '}' behind the element, not 'last'");
  CHECK(rule_problem("add @s { ip saddr counter counter counter }") ==
        "35: an element has at most two statements");
  CHECK(rule_problem("add @s { ip saddr limit name \"x\" }") ==
        "25: the limit of an element has no name");
  CHECK(rule_problem("add @c { ip saddr limit rate 5/second }") ==
        "19: elements have the statements that set 'c' has");
  CHECK(rule_problem("add @m { ip saddr counter : 5 }") ==
        "19: the elements of map 'm' have statements only with 'flags dynamic'");
  CHECK(rule_problem("add @m { ip saddr }") ==
        "19: expected ':' before the data of a map's element, not '}'");
  CHECK(rule_problem("add @m { ip saddr : ip daddr }") ==
        "21: 'ip daddr' is of the type ipv4_addr, not mark");
  CHECK(rule_problem("meter x { ip saddr }") ==
        "20: expected 'limit', 'counter', 'quota' or 'ct count'");
  CHECK(rule_problem("meter x { ip saddr counter quota 5 mbytes }") ==
        "28: expected '}' behind the statement of the meter, not 'quota'");
  CHECK(rule_problem("meter s { ip saddr counter }") == "7: there is a set or a meter 's' already");
  CHECK(rule_problem("meter x { ip saddr counter } ip saddr @x")
            .starts_with("40: there is no set 'x'"));
  CHECK(rule_problem("ct count 4294967296") == "10: 4294967296 is above 4294967295");
  CHECK(rule_problem("ip saddr . ct count @s") == "15: 'ct count' is not there");
  CHECK(rule_problem("ip saddr { 1.2.3.4 timeout 5s, 1.2.3.5 }") ==
        "12: elements of a rule's own set have no timeout");
  CHECK(rule_problem("ip saddr { 1.2.3.4, 1.2.3.5 counter }") ==
        "21: elements of a rule's own set have no statements");
}

TEST_CASE("elements that the set cannot have are refused where they are written") {
  const auto set = [](const std::string& what) {
    return problem_of("table t { set s { type ipv4_addr; " + what + " } }");
  };
  CHECK(set("size 2; elements = { 1.1.1.1, 2.2.2.2, * }").empty());
  CHECK(set("size 2; elements = { 1.1.1.1, 2.2.2.2, 3.3.3.3 }") ==
        "t:1:15: 3 elements are more than the size 2 of set 's'");
  CHECK(set("elements = { 1.1.1.1 timeout 5s }") ==
        "t:1:48: set 's' has timeouts only with 'flags timeout'");
  CHECK(set("elements = { 1.1.1.1 counter }") ==
        "t:1:48: elements have the statements that set 's' has");
  CHECK(set("limit rate 1/second; elements = { 1.1.1.1, 2.2.2.2 counter }") ==
        "t:1:78: elements have the statements that set 's' has");
  CHECK(set("counter packets;").ends_with("expected a number of packets, not ';'"));
  CHECK(set("counter limit rate 1/second quota 5 mbytes") ==
        "t:1:63: an element has at most two statements");
  CHECK(problem_of("table t { map m { type ipv4_addr : mark; elements = { * : 1, * : 2 } } }") ==
        "t:1:15: elements overlap: * and *");
  CHECK(problem_of("table t { set s { type ipv4_addr; elements = { * : 1 } } }") ==
        "t:1:50: only the elements of a map have data");
}

TEST_CASE("no text about sets that change ends in a crash") {
  const std::string set = "table t { set s { type ipv4_addr; flags timeout; } chain c { ";
  for (const char* const text : {"add",
                                 "add @",
                                 "add @s",
                                 "add @s {",
                                 "add @s { ip",
                                 "add @s { ip saddr timeout",
                                 "add @s { ip saddr limit",
                                 "add @s { ip saddr limit rate 1/second",
                                 "add @s { icmp id }",
                                 "add @s { ip saddr ct",
                                 "add @s { ip saddr ct count",
                                 "add @s { ip saddr : }",
                                 "update @@",
                                 "delete @s { }",
                                 "meter",
                                 "meter {",
                                 "meter x size",
                                 "meter x size {",
                                 "meter x { icmp id",
                                 "meter x { icmp id counter }",
                                 "meter \"\" { ip saddr counter }",
                                 "ct count",
                                 "ct count over",
                                 "ip saddr { *",
                                 "ip saddr { * : accept }",
                                 "ip saddr vmap { *",
                                 "ip saddr vmap { * : }",
                                 "add @s { ip saddr timeout 99999999999d }"}) {
    INFO(text);
    static_cast<void>(parse(set + text, "t"));
    static_cast<void>(parse(set + text + " } }", "t"));
  }
  for (const char* const text :
       {"table t { set s { type ipv4_addr; counter; elements = { *", "table t { set s { * } }",
        "table t { map m { type ipv4_addr : mark; elements = { * } } }",
        "table t { set s { elements = { 1.1.1.1 counter } } }", "add element t s { * }",
        "table t { set s { type ipv4_addr; limit } }",
        "table t { set s { type ipv4_addr; ct } }"}) {
    INFO(text);
    CHECK_FALSE(parse(text, "t"));
  }
}
