// SPDX-License-Identifier: BSD-3-Clause
// Translation and flowtables, listed as nft 1.0.6 lists them after the kernel had them.
#include <catch2/catch.hpp>
#include <string>

#include "listed.hpp"
#include "nft/parse.hpp"
#include "nft/print.hpp"

using namespace ringroad::nft;

TEST_CASE("destinations are translated") {
  const auto& [written, listed] = GENERATE(values<Case>({
      {"dnat to 1.2.3.4", "dnat to 1.2.3.4"},
      {"dnat ip to 1.2.3.4", "dnat to 1.2.3.4"},
      {"tcp dport 80 dnat to 1.2.3.4:8080", "tcp dport 80 dnat to 1.2.3.4:8080"},
      {"meta l4proto { tcp, udp } dnat to 1.2.3.4 : domain",
       "meta l4proto { tcp, udp } dnat to 1.2.3.4:53"},
      {"ct protocol tcp dnat to 1.2.3.4:80", "ct protocol tcp dnat to 1.2.3.4:80"},
      {"tcp dport 80 dnat to 1.2.3.4-1.2.3.9:80-90", "tcp dport 80 dnat to 1.2.3.4-1.2.3.9:80-90"},
      {"tcp dport 80 dnat to :80", "tcp dport 80 dnat to :80"},
      {"dnat to 1.2.3.4-1.2.3.9 persistent,random", "dnat to 1.2.3.4-1.2.3.9 random,persistent"},
      {"dnat to 1.2.3.4 random persistent", "dnat to 1.2.3.4 persistent"},
      {"dnat to 1.2.3.4/24", "dnat to 1.2.3.0/24"},
      {"dnat to 1.2.3.4-1.2.3.5", "dnat to 1.2.3.4/31"},
      {"dnat prefix to 1.2.3.0/24", "dnat prefix to 1.2.3.0/24"},
      {"dnat prefix to 1.2.3.4/32", "dnat prefix to 1.2.3.4/32"},
      {"dnat 1.2.3.4", "dnat to 1.2.3.4"},
      {R"(counter dnat to 1.2.3.4 comment "x")",
       R"(counter packets 0 bytes 0 dnat to 1.2.3.4 comment "x")"},
      {"dnat ip prefix to ip saddr map { 10.0.0.0/24 : 192.168.0.0/24 }",
       "dnat ip prefix to ip saddr map { 10.0.0.0/24 : 192.168.0.0/24 }"},
      {"dnat to tcp dport map { 443 : 10.0.0.2, 80 : 10.0.0.1 }",
       "dnat to tcp dport map { 80 : 10.0.0.1, 443 : 10.0.0.2 }"},
      {"dnat to tcp dport map { 80 : 10.0.0.1 . 8080, 443 : 10.0.0.2 . 8443 }",
       "dnat ip to tcp dport map { 80 : 10.0.0.1 . 8080, 443 : 10.0.0.2 . 8443 }"},
      {"dnat ip addr . port to ip saddr . tcp dport map { 1.1.1.1 . 80 : 2.2.2.2 . 8080 }",
       "dnat ip to ip saddr . tcp dport map { 1.1.1.1 . 80 : 2.2.2.2 . 8080 }"},
      {"dnat interval to ip saddr map { 1.1.1.1 : 2.2.2.2-2.2.2.5 }",
       "dnat ip to ip saddr map { 1.1.1.1 : 2.2.2.2-2.2.2.5 }"},
      {"tcp dport 80 dnat to ip saddr map { 1.1.1.1 : 2.2.2.2 } : 80",
       "tcp dport 80 dnat to ip saddr map { 1.1.1.1 : 2.2.2.2 }:80"},
      {"tcp dport 80 dnat to 1.2.3.4:tcp dport map { 80 : 8080 }",
       "tcp dport 80 dnat to 1.2.3.4:tcp dport map { 80 : 8080 }"},
      {"dnat to tcp dport map @address", "dnat to tcp dport map @address"},
      {"dnat to tcp dport map @both random", "dnat ip to tcp dport map @both random"},
      {"dnat to tcp dport map @range", "dnat ip to tcp dport map @range"},
      {"redirect", "redirect"},
      {"redirect persistent,fully-random", "redirect fully-random,persistent"},
      {"tcp dport 80 redirect to 8080", "tcp dport 80 redirect to :8080"},
      {"tcp flags syn redirect to :8080-8090 random",
       "tcp flags syn redirect to :8080-8090 random"},
      {"tcp dport 5 redirect to :tcp dport map { 22 : 8000, 80 : 8080 }",
       "tcp dport 5 redirect to :tcp dport map { 22 : 8000, 80 : 8080 }"},
      {"udp dport 5 redirect to :udp dport map @port",
       "udp dport 5 redirect to :udp dport map @port"},
  }));
  INFO(written);
  CHECK(listed_in("table ip t {\n"
                  "map address { type inet_service : ipv4_addr; }\n"
                  "map both { type inet_service : ipv4_addr . inet_service; }\n"
                  "map range { type inet_service : interval ipv4_addr; }\n"
                  "map port { type inet_service : inet_service; }\n"
                  "chain c {\ntype nat hook prerouting priority dstnat\n",
                  written) == listed);
}

TEST_CASE("sources are translated") {
  const auto& [written, listed] = GENERATE(values<Case>({
      {"snat ip to 1.2.3.4", "snat ip to 1.2.3.4"},
      {"ip saddr 10.0.0.0/8 snat to 1.2.3.4-1.2.3.9 persistent",
       "ip saddr 10.0.0.0/8 snat ip to 1.2.3.4-1.2.3.9 persistent"},
      {"ip6 saddr fd00::/8 snat to [2001:db8::1]", "ip6 saddr fd00::/8 snat ip6 to 2001:db8::1"},
      {"meta nfproto ipv4 snat to 1.2.3.4", "meta nfproto ipv4 snat ip to 1.2.3.4"},
      {"tcp dport 25 snat to :1024-2048", "tcp dport 25 snat to :1024-2048"},
      {"ip6 nexthdr tcp snat ip6 to [2001:db8::1]:80",
       "ip6 nexthdr tcp snat ip6 to [2001:db8::1]:80"},
      {"tcp dport 80 snat ip6 to 2001:db8::1:80", "tcp dport 80 snat ip6 to 2001:db8::1:80"},
      {"meta l4proto tcp snat ip6 to [fd00::1]-[fd00::5]:80-90",
       "meta l4proto tcp snat ip6 to [fd00::1]-[fd00::5]:80-90"},
      {"meta l4proto tcp snat ip6 to [fd00::]-[fd00::ff]:80-90",
       "meta l4proto tcp snat ip6 to fd00::/120:80-90"},
      {"snat ip6 to [2001:db8::1]-[2001:db8::5]", "snat ip6 to 2001:db8::1-2001:db8::5"},
      {"snat ip6 prefix to ip6 saddr map { fd00::/64 : fd01::/64 }",
       "snat ip6 prefix to ip6 saddr map { fd00::/64 : fd01::/64 }"},
      {"ip saddr 10.0.0.0/8 snat prefix to 1.2.3.0/24",
       "ip saddr 10.0.0.0/8 snat ip prefix to 1.2.3.0/24"},
      {"snat ip to ip saddr map { 10.0.0.0/24 : 192.168.0.1, 10.0.1.1 : 192.168.0.2 }",
       "snat ip to ip saddr map { 10.0.0.0/24 : 192.168.0.1, 10.0.1.1 : 192.168.0.2 }"},
      {"meta l4proto tcp snat ip to ip saddr map { 10.0.0.1 : 192.168.0.1-192.168.0.4 . 80-90 }",
       "meta l4proto tcp snat ip to ip saddr map { 10.0.0.1 : 192.168.0.1-192.168.0.4 . 80-90 }"},
      {"snat ip to ct original ip saddr map { 1.1.1.1 : 2.2.2.2/32 }",
       "snat ip to ct original ip saddr map { 1.1.1.1 : 2.2.2.2/32 }"},
      {"masquerade", "masquerade"},
      {R"(oifname "wan" masquerade random,fully-random,persistent)",
       R"(oifname "wan" masquerade random,fully-random,persistent)"},
      {"meta l4proto tcp masquerade to :1024-65535 random",
       "meta l4proto tcp masquerade to :1024-65535 random"},
      {"meta l4proto tcp masquerade to :tcp dport map { 80 : 90 }",
       "meta l4proto tcp masquerade to :tcp dport map { 80 : 90 }"},
      {"ct status dnat masquerade", "ct status dnat masquerade"},
  }));
  INFO(written);
  CHECK(listed_in("table inet t {\nchain c {\ntype nat hook postrouting priority srcnat\n",
                  written) == listed);
}

TEST_CASE("a translation has its addresses, ports and flags, or the map that gives them") {
  const auto ruleset = parse(R"(table inet t {
  chain c {
    type nat hook prerouting priority dstnat
    tcp dport 80 dnat ip to 10.0.0.1-10.0.0.9:80-90 random,persistent
    tcp dport 80 dnat ip6 to tcp dport map { 80 : fd00::1 . 8080 }
    tcp dport 80 redirect to :tcp dport map { 80 : 8080 }
    redirect
  }
})",
                             "test.nft");
  REQUIRE(ruleset);
  const Table& table = ruleset->tables[0];
  const auto nat = [&](std::size_t rule) {
    return std::get<Nat>(table.chains[0].rules.at(rule).statements.back());
  };
  CHECK(nat(0).kind == Nat::Kind::kDestination);
  CHECK(nat(0).family == FamilyNeed::kIp);
  CHECK(nat(0).address == Interval{0x0a00'0001, 0x0a00'0009});
  CHECK(nat(0).ports == Interval{80, 90});
  CHECK(nat(0).random);
  CHECK_FALSE(nat(0).fully_random);
  CHECK(nat(0).persistent);
  CHECK(nat(1).family == FamilyNeed::kIp6);
  REQUIRE(nat(1).map);
  CHECK(nat(1).map_has_port);
  const Set& both = table.sets.at(nat(1).map->map);
  CHECK(both.data.size() == 2);
  CHECK(std::get<Key>(both.elements.at(0).data) ==
        Key{{Value{0xfd00'0000'0000'0000, 1}, Value{0xfd00'0000'0000'0000, 1}}, {8080, 8080}});
  CHECK(nat(2).map_gives_port);
  CHECK(std::get<Value>(table.sets.at(nat(2).map->map).elements.at(0).data) == Value{8080});
  CHECK(nat(3).kind == Nat::Kind::kRedirect);
  CHECK(nat(3).family == FamilyNeed::kNone);
  CHECK_FALSE(nat(3).ports);
}

TEST_CASE("a flowtable has its priority, devices, counter and flags, and rules put flows into it") {
  const auto ruleset = parse(R"(
define lan = { lan1, lan0 }
table inet t {
  flowtable fast { hook ingress priority filter; devices = { wan0, $lan }; counter;
  }
  flowtable hard {
    devices = { "eth0" }
    flags offload
    hook ingress priority -5
  }
  chain c {
    type filter hook forward priority 0
    ct state established flow offload @fast
    flow add @hard counter
  }
}
add flowtable inet t late { hook ingress priority 11; }
)",
                             "test.nft");
  REQUIRE(ruleset);
  CHECK(print(*ruleset) == R"nft(table inet t { # handle 1
	flowtable fast { # handle 2
		hook ingress priority filter
		devices = { lan0, lan1, wan0 }
		counter
	}

	flowtable hard { # handle 3
		hook ingress priority filter - 5
		devices = { eth0 }
		flags offload
	}

	flowtable late { # handle 6
		hook ingress priority 11
	}

	chain c { # handle 1
		type filter hook forward priority filter; policy accept;
		ct state established flow add @fast # handle 4
		flow add @hard counter packets 0 bytes 0 # handle 5
	}
}
)nft");
  const auto again = parse(print(*ruleset, {.handles = false}), "listed.nft");
  REQUIRE(again);
  CHECK(print(*again, {.handles = false}) == print(*ruleset, {.handles = false}));
}
