// SPDX-License-Identifier: BSD-3-Clause
// What rulesets that people publish have in them.
#include <catch2/catch.hpp>
#include <string>

#include "nft/parse.hpp"
#include "nft/print.hpp"

using namespace ringroad::nft;

namespace {

std::string listing(const std::string& text) {
  const auto ruleset = parse(text, "t.nft");
  INFO(text);
  INFO((ruleset ? std::string{} : ruleset.error()[0].to_string()));
  REQUIRE(ruleset);
  std::string listed = print(*ruleset, {.handles = false});
  const auto again = parse(listed, "again.nft");
  REQUIRE(again);
  CHECK(print(*again, {.handles = false}) == listed);
  return listed;
}

std::string problem(const std::string& text) {
  const auto ruleset = parse(text, "t.nft");
  REQUIRE_FALSE(ruleset);
  return ruleset.error()[0].to_string();
}

}  // namespace

TEST_CASE("port knocking: a rule writes a constant beside a field") {
  CHECK(listing(R"nft(
table inet knock {
  set waiting { type ipv4_addr . inet_service; flags timeout; }
  set let_in { type ipv4_addr; flags timeout; }
  chain in {
    type filter hook input priority -10; policy accept;
    tcp dport 7001 add @waiting { ip saddr . 7002 timeout 2s }
    ip saddr . tcp dport @waiting add @let_in { ip saddr timeout 10s }
    tcp dport ssh ip saddr @let_in accept
    tcp dport 8000 add @waiting { 192.0.2.1 . tcp dport }
  }
}
)nft") == R"nft(table inet knock {
	set waiting {
		type ipv4_addr . inet_service
		size 65535
		flags dynamic,timeout
	}

	set let_in {
		type ipv4_addr
		size 65535
		flags dynamic,timeout
	}

	chain in {
		type filter hook input priority filter - 10; policy accept;
		tcp dport 7001 add @waiting { ip saddr . 7002 timeout 2s }
		ip saddr . tcp dport @waiting add @let_in { ip saddr timeout 10s }
		tcp dport 22 ip saddr @let_in accept
		tcp dport 8000 add @waiting { 192.0.2.1 . tcp dport }
	}
}
)nft");
}

TEST_CASE("load balancing: numbers and hashes choose a server, a chain or a mark") {
  CHECK(listing(R"nft(
table ip balance {
  chain one { }
  chain pre {
    type nat hook prerouting priority dstnat; policy accept;
    tcp dport 80 dnat to numgen inc mod 2 map { 0 : 10.0.0.1, 1 : 10.0.0.2 }
    tcp dport 81 dnat to jhash ip saddr . tcp dport mod 0x4 seed 0xAB map { 0-1 : 10.0.0.1, 2-3 : 10.0.0.2 }
    meta l4proto tcp dnat to tcp dport map { 83 : 10.0.0.1, 84 : 10.0.0.2 }
    tcp dport 82 dnat to symhash mod 2 map { 0 : 10.0.0.1, 1 : 10.0.0.2 }
    numgen random mod 10 == 0 accept
    numgen inc mod 3 offset 5 vmap { 5 : jump one, 6-7 : accept }
    ct mark set numgen inc mod 4 offset 100
    meta mark set jhash ip saddr mod 8 offset 1
  }
}
)nft") == R"nft(table ip balance {
	chain one {
	}

	chain pre {
		type nat hook prerouting priority dstnat; policy accept;
		tcp dport 80 dnat to numgen inc mod 2 map { 0 : 10.0.0.1, 1 : 10.0.0.2 }
		tcp dport 81 dnat to jhash ip saddr . tcp dport mod 4 seed 0xab map { 0-1 : 10.0.0.1, 2-3 : 10.0.0.2 }
		dnat to tcp dport map { 83 : 10.0.0.1, 84 : 10.0.0.2 }
		tcp dport 82 dnat to symhash mod 2 map { 0 : 10.0.0.1, 1 : 10.0.0.2 }
		numgen random mod 10 0 accept
		numgen inc mod 3 offset 5 vmap { 5 : jump one, 6-7 : accept }
		ct mark set numgen inc mod 4 offset 100
		meta mark set jhash ip saddr mod 8 offset 1
	}
}
)nft");
}

TEST_CASE("scripts add rules at places, and delete rules and elements") {
  CHECK(listing(R"nft(
add table t
add chain t c
add set t s { type ipv4_addr; }
add element t s { 10.0.0.1, 10.0.0.2, 10.0.0.3 }
delete element t s { 10.0.0.2 }
destroy element t s { 10.0.0.9 }
add rule t c tcp dport 1
add rule t c tcp dport 3
add rule t c index 0 tcp dport 2
insert rule t c index 0 tcp dport 4
insert rule t c position 3 tcp dport 5
add rule t c handle 3 tcp dport 6
delete rule t c handle 4
)nft") == R"nft(table ip t {
	set s {
		type ipv4_addr
		elements = { 10.0.0.1, 10.0.0.3 }
	}

	chain c {
		tcp dport 4
		tcp dport 5
		tcp dport 1
		tcp dport 6
		tcp dport 2
	}
}
)nft");
  const std::string begin = "add table t; add chain t c; add set t s { type mark; }; ";
  CHECK(problem(begin + "delete element t s { 5 }") == "t.nft:1:74: set 's' has no such element");
  CHECK(problem(begin + "delete rule t c handle 77").ends_with("no rule with handle 77"));
  CHECK(problem(begin + "add rule t c index 0 accept").ends_with("chain c has 0 rules"));
}

TEST_CASE("numbers that no rule can make are refused") {
  const auto rule = [](const std::string& text) {
    return "table ip t { chain c { " + text + "; }; }";
  };
  CHECK(problem(rule("numgen dec mod 2 0")).ends_with("'numgen' is 'inc' or 'random'"));
  CHECK(problem(rule("numgen inc mod 0 0")).ends_with("a modulus is at least 1"));
  CHECK(problem(rule("symhash 0")).ends_with("expected 'mod' and a number"));
  CHECK(problem(rule("numgen inc mod 9 offset 0xfffffff8 0")).ends_with("are above 4294967295"));
  CHECK(problem(rule("jump { accept; }")) ==
        "t.nft:1:29: a chain in braces is not there; give it a name");
}
