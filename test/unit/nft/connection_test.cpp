// SPDX-License-Identifier: BSD-3-Clause
// Rules about connections are listed as nft 1.0.6 lists them after the kernel had them.
#include <catch2/catch.hpp>
#include <string>

#include "listed.hpp"
#include "nft/parse.hpp"
#include "nft/print.hpp"

using namespace ringroad::nft;

TEST_CASE("rules about connections are listed as nft lists them") {
  const auto& [written, listed] = GENERATE(values<Case>({
      {"ct state established,related accept", "ct state established,related accept"},
      {"ct state { established, related } accept", "ct state { established, related } accept"},
      {"ct state { new }", "ct state new"},
      {"ct state == established", "ct state == established"},
      {"ct state != invalid", "ct state != invalid"},
      {"ct state != established,related", "ct state != established | related"},
      {"ct state ! new", "ct state ! new"},
      {"ct state new | established", "ct state established,new"},
      {"ct state & (established|related) != 0", "ct state established,related"},
      {"ct state & (established|related) == established",
       "ct state established / established,related"},
      {"ct state & established == established", "ct state & established == established"},
      {"ct state & established == 0", "ct state ! established"},
      {"ct state established / established,related", "ct state established / established,related"},
      {"ct state 0x2", "ct state established"},
      {"ct state 0", "ct state 0x0"},
      {"ct state 0x102", "ct state established,0x100"},
      {"ct state < new", "ct state < 0x8"},
      {"ct state or 3 == 7", "ct state | invalid | established == invalid | established | related"},
      {"ct state != { invalid }", "ct state != invalid"},
      {"ct state { 0x100, new | 0x200, established | related }",
       "ct state { established | related, new | 0x200, 0x100 }"},
      {"ct state & 3 { 1, 2 }", "ct state & (invalid | established) == { invalid, established }"},
      {"ct state and 6 vmap { 2 : accept }",
       "ct state & (established | related) vmap { established : accept }"},
      {"ct state vmap { established : accept, related : accept, invalid : drop, new : jump x }",
       "ct state vmap { invalid : drop, established : accept, related : accept, new : jump x }"},
      {R"(ct state . iifname { new . "a" })", R"(ct state . iifname { new . "a" })"},
      {"ct direction original", "ct direction original"},
      {"ct direction { 1, original }", "ct direction { original, reply }"},
      {"ct status snat,dnat", "ct status snat,dnat"},
      {"ct status != snat,dnat", "ct status != snat | dnat"},
      {"ct status & dnat == dnat", "ct status & dnat == dnat"},
      {"ct status 0x420", "ct status dnat,0x400"},
      {"ct mark 5", "ct mark 0x00000005"},
      {"ct mark & 0xff == 3", "ct mark & 0x000000ff == 0x00000003"},
      {"ct mark 1-5", "ct mark 0x00000001-0x00000005"},
      {"ct mark set 5", "ct mark set 0x00000005"},
      {"ct mark set meta mark & 0xff", "ct mark set meta mark & 0x000000ff"},
      {"ct mark set ct mark | 3", "ct mark set ct mark | 0x00000003"},
      {"ct mark set tcp dport map { 22 : 1, 80 : 2 }",
       "ct mark set tcp dport map { 22 : 0x00000001, 80 : 0x00000002 }"},
      {"meta mark set ct mark", "meta mark set ct mark"},
      {"meta mark set ct mark map { 1 : 2 }",
       "meta mark set ct mark map { 0x00000001 : 0x00000002 }"},
      {"meta mark set ct id", "meta mark set ct id"},
      {"ct expiration 30", "ct expiration 30s"},
      {"ct expiration > 90m", "ct expiration > 1h30m"},
      {"ct expiration 1500ms", "ct expiration 1s500ms"},
      {"ct expiration 10s-1m", "ct expiration 10s-60s"},
      {"ct expiration { 10s, 1m-2h }", "ct expiration { 10s, 60s-7200s }"},
      {"ct id 0x10", "ct id 16"},
      {"ct l3proto ipv4", "ct l3proto ipv4"},
      {"ct original l3proto ipv4", "ct l3proto ipv4"},
      {"ct protocol tcp", "ct protocol tcp"},
      {"ct reply protocol { tcp, udp }", "ct protocol { tcp, udp }"},
      {"ct bytes > 1000", "ct bytes > 1000"},
      {"ct original packets 1-5", "ct original packets 1-5"},
      {"ct reply bytes & 0xff == 3", "ct reply bytes & 255 == 3"},
      {"ct avgpkt { 64, 1000-1500 }", "ct avgpkt { 64, 1000-1500 }"},
      {"ct original ip saddr 1.2.3.4", "ct original ip saddr 1.2.3.4"},
      {"ct original ip daddr 1.2.3.4/24", "ct original ip daddr 1.2.3.0/24"},
      {"ct reply ip6 daddr { 2001:db8::1, fe80::/10 }",
       "ct reply ip6 daddr { 2001:db8::1, fe80::/10 }"},
      {"ip saddr 1.1.1.1 ct original saddr 1.2.3.4",
       "ip saddr 1.1.1.1 ct original ip saddr 1.2.3.4"},
      {"ct original ip saddr . ct reply ip daddr { 1.1.1.1 . 10.0.0.0/8 }",
       "ct original ip saddr . ct reply ip daddr { 1.1.1.1 . 10.0.0.0/8 }"},
      {"tcp dport 80 ct original proto-dst 80", "tcp dport 80 ct original proto-dst 80"},
      {"meta l4proto 47 ct reply proto-src != 5", "meta l4proto gre ct reply proto-src != 5"},
      {"tcp dport set ct original proto-dst", "tcp dport set ct original proto-dst"},
      {"notrack", "notrack"},
      {"ct state untracked notrack accept", "ct state untracked notrack accept"},
  }));
  INFO(written);
  CHECK(listed_in("table inet t {\nchain x { }\nchain c {\ntype filter hook forward priority 0\n",
                  written) == listed);
}

// Where nft 1.0.6 lists another rule than the one it was given, or none, the rule itself is listed.
TEST_CASE("a rule that nft lists wrongly is listed so that it means the same") {
  const auto& [written, listed] = GENERATE(values<Case>({
      {"ct state == established,related", "ct state == established | related"},
      {"ct state xor 3 == 0", "ct state == invalid | established"},
      {"ct expiration != 0s", "ct expiration != 0s"},
      {"ct expiration 1500ms-3s", "ct expiration 1s500ms-3s"},
      {"meta l4proto { tcp, udp } ct original proto-dst 80",
       "meta l4proto { tcp, udp } ct original proto-dst 80"},
  }));
  INFO(written);
  CHECK(listed_in("table inet t {\nchain c {\n", written) == listed);
}

TEST_CASE("a list of flags means any of them, unless it is compared") {
  const auto comparison_of = [](const std::string& rule) {
    const auto ruleset = parse("table inet t { chain c { " + rule + " } }", "test.nft");
    REQUIRE(ruleset);
    return std::get<Match>(ruleset->tables[0].chains[0].rules[0].statements.at(0)).comparison;
  };
  CHECK(comparison_of("ct state new,related") == Comparison::kAnyOf);
  CHECK(comparison_of("ct state new") == Comparison::kAnyOf);
  CHECK(comparison_of("ct state { new }") == Comparison::kAnyOf);
  CHECK(comparison_of("tcp flags { syn }") == Comparison::kAnyOf);
  CHECK(comparison_of("ct state == new") == Comparison::kEqual);
  CHECK(comparison_of("ct state == { new }") == Comparison::kEqual);
  CHECK(comparison_of("ct state != { new }") == Comparison::kNotEqual);
  CHECK(comparison_of("ct state { new, related }") == Comparison::kEqual);
  CHECK(comparison_of("ct state ! new") == Comparison::kNoneOf);
}

TEST_CASE("the address of a connection is of the table's family, or of the one that it names") {
  CHECK(listed_in("table ip t {\nchain c {\n", "ct original saddr 1.2.3.4") ==
        "ct original ip saddr 1.2.3.4");
  CHECK(listed_in("table ip6 t {\nchain c {\n", "ct reply daddr ::1") == "ct reply ip6 daddr ::1");
  const auto ruleset = parse("table ip6 t { chain c { ct reply daddr ::1 } }", "test.nft");
  REQUIRE(ruleset);
  const auto& match = std::get<Match>(ruleset->tables[0].chains[0].rules[0].statements.at(0));
  const Field& field = *match.left[0].field;
  CHECK(field.source == Source::kCt);
  CHECK(field.offset == static_cast<std::uint16_t>(Ct::kReplyDestination));
  CHECK(field.width == 128);
  CHECK(field.family == FamilyNeed::kIp6);
}

TEST_CASE("sets and maps have keys and data about connections, addresses with ports and ranges") {
  const auto ruleset = parse(R"nft(
table inet t {
set protos { type inet_proto; elements = { tcp, udp } 
}
map pv { type inet_proto : verdict; elements = { tcp : accept } 
}
map ia { type ipv4_addr : interval ipv4_addr; flags interval; elements = { 10.0.0.0/8 : 1.1.1.1-1.1.1.5, 11.0.0.1 : 2.2.2.2/32, 12.0.0.1 : 2.2.2.0/24 }
}
map ib { type ipv4_addr : interval ipv4_addr; elements = { 10.0.0.1 : 1.1.1.1-1.1.1.5, 11.0.0.1 : 2.2.2.2-2.2.2.9 }
}
map wrong { type inet_service : mark; }
map mb { type inet_service : ipv4_addr . inet_service; elements = { 80 : 1.1.1.1 . 80, 81 : 1.1.1.2 . 82 }
}
map mb6 { type inet_service : ipv6_addr . inet_service; elements = { 80 : ::1 . 80 }
}
map mt { typeof ip saddr . tcp dport : ip daddr . tcp dport; elements = { 1.1.1.1 . 80 : 2.2.2.2 . 80 }
}
map mti { typeof ip saddr : interval ip daddr; flags interval; elements = { 1.1.1.1 : 2.2.2.2-2.2.2.3 } 
}
set st { type ct_state; elements = { new, established, related | new, 0x100 } 
}
map sv { type ct_state : verdict; elements = { new : accept, established | related : drop }
}
set sd { type ct_dir . ct_status . mark; elements = { original . assured . 5 }
}
set se { type time; elements = { 10s, 1m }
}
set te { typeof ct state . ct mark; elements = { new . 1 }
}
set tf { typeof ct original ip saddr; elements = { 1.1.1.1 }
}
map ms { type ct_status : mark; elements = { snat : 1 }
}
}
)nft",
                             "test.nft");
  REQUIRE(ruleset);
  CHECK(print(*ruleset) == R"nft(table inet t { # handle 1
	set protos { # handle 1
		type inet_proto
		elements = { tcp, udp }
	}

	map pv { # handle 2
		type inet_proto : verdict
		elements = { tcp : accept }
	}

	map ia { # handle 3
		type ipv4_addr : interval ipv4_addr
		flags interval
		elements = { 10.0.0.0/8 : 1.1.1.1-1.1.1.5, 11.0.0.1 : 2.2.2.2/32,
			     12.0.0.1 : 2.2.2.0/24 }
	}

	map ib { # handle 4
		type ipv4_addr : interval ipv4_addr
		elements = { 10.0.0.1 : 1.1.1.1-1.1.1.5, 11.0.0.1 : 2.2.2.2-2.2.2.9 }
	}

	map wrong { # handle 5
		type inet_service : mark
	}

	map mb { # handle 6
		type inet_service : ipv4_addr . inet_service
		elements = { 80 : 1.1.1.1 . 80, 81 : 1.1.1.2 . 82 }
	}

	map mb6 { # handle 7
		type inet_service : ipv6_addr . inet_service
		elements = { 80 : ::1 . 80 }
	}

	map mt { # handle 8
		typeof ip saddr . tcp dport : ip daddr . tcp dport
		elements = { 1.1.1.1 . 80 : 2.2.2.2 . 80 }
	}

	map mti { # handle 9
		type ipv4_addr : interval ipv4_addr
		flags interval
		elements = { 1.1.1.1 : 2.2.2.2/31 }
	}

	set st { # handle 10
		type ct_state
		elements = { established, related | new,
			     new, 0x100 }
	}

	map sv { # handle 11
		type ct_state : verdict
		elements = { established | related : drop, new : accept }
	}

	set sd { # handle 12
		type ct_dir . ct_status . mark
		elements = { original . assured . 0x00000005 }
	}

	set se { # handle 13
		type time
		elements = { 10s,
			     1m }
	}

	set te { # handle 14
		typeof ct state . ct mark
		elements = { new . 0x00000001 }
	}

	set tf { # handle 15
		typeof ct original ip saddr
		elements = { 1.1.1.1 }
	}

	map ms { # handle 16
		type ct_status : mark
		elements = { snat : 0x00000001 }
	}
}
)nft");
}
