// SPDX-License-Identifier: BSD-3-Clause
// Rules are listed as nft 1.0.6 lists them after the kernel had them; test/conformance compares
// more, with the kernel itself.
#include <catch2/catch.hpp>
#include <string>

#include "nft/parse.hpp"
#include "nft/print.hpp"

using namespace ringroad::nft;

TEST_CASE(
    "prefixes are listed as they were written, and masks of addresses and marks as prefixes") {
  struct Case {
    const char* written;
    const char* listed;
  };
  const auto& [written, listed] = GENERATE(values<Case>({
      {"ip daddr 1.2.3.4/32", "ip daddr 1.2.3.4"},
      {"ip6 daddr != ::1/128", "ip6 daddr != ::1"},
      {"ip saddr != { 10.0.0.0/24 }", "ip saddr != 10.0.0.0/24"},
      {"ip saddr { 10.0.0.0-10.0.0.255 }", "ip saddr 10.0.0.0-10.0.0.255"},
      {"ip6 saddr { fe80::/10 }", "ip6 saddr fe80::/10"},
      {"meta mark & 0xffff0000 == 0x10000", "meta mark 0x00010000/16"},
      {"ct mark & 0xff000000 != 0", "ct mark != 0x00000000/8"},
      {"ip saddr & 255.255.0.0 == 10.0.0.0", "ip saddr 10.0.0.0/16"},
      {"ip saddr & 255.255.0.255 == 10.0.0.1", "ip saddr & 255.255.0.255 == 10.0.0.1"},
      {"ip ttl & 0xf0 == 0x10", "ip ttl & 240 == 16"},
  }));
  const std::string text = std::string{"table inet t { chain c { "} + written + "; }; }";
  const auto parsed = parse(text, "t.nft");
  REQUIRE(parsed);
  CHECK(print(parsed->tables[0], parsed->tables[0].chains[0].rules[0], {.handles = false}) ==
        listed);
}

TEST_CASE("fields that lie next to each other are listed in the order of the header") {
  struct Case {
    const char* written;
    const char* listed;
  };
  const auto& [written, listed] = GENERATE(values<Case>({
      {"udp dport 68 udp sport 67 accept", "udp sport 67 udp dport 68 accept"},
      {"udp dport 68 iifname a udp sport 67", "iifname \"a\" udp sport 67 udp dport 68"},
      {"icmpv6 code 0 icmpv6 type 1", "icmpv6 type destination-unreachable icmpv6 code no-route"},
      {"ip protocol 6 ip ttl 5", "ip ttl 5 ip protocol tcp"},
      {"ip daddr 1.1.1.1 ip saddr 2.2.2.2", "ip daddr 1.1.1.1 ip saddr 2.2.2.2"},
      {"tcp dport 22 tcp sport 1-5", "tcp dport 22 tcp sport 1-5"},
      {"udp checksum 5 udp length 8 udp dport 1 udp sport 2",
       "udp length 8 udp checksum 5 udp sport 2 udp dport 1"},
  }));
  const std::string text = std::string{"table inet t { chain c { "} + written + "; }; }";
  const auto parsed = parse(text, "t.nft");
  REQUIRE(parsed);
  CHECK(print(parsed->tables[0], parsed->tables[0].chains[0].rules[0], {.handles = false}) ==
        listed);
}

TEST_CASE("rules are listed as nft lists them") {
  struct Case {
    const char* written;
    const char* listed;
  };
  const auto& [written, listed] = GENERATE(values<Case>({
      {"ip saddr 1.2.3.4 tcp dport {22,80,1024-2047} counter accept",
       "ip saddr 1.2.3.4 tcp dport { 22, 80, 1024-2047 } counter packets 0 bytes 0 accept"},
      {"tcp flags & (fin|syn|rst|ack) == syn", "tcp flags syn / fin,syn,rst,ack"},
      {"tcp flags syn,ack drop", "tcp flags syn,ack drop"},
      {"tcp flags != syn", "tcp flags != syn"},
      {"tcp flags ! syn", "tcp flags ! syn"},
      {"tcp flags syn / fin,syn,rst,ack", "tcp flags syn / fin,syn,rst,ack"},
      {"tcp flags == 0x3", "tcp flags == 0x3"},
      {"tcp flags 0", "tcp flags 0x0"},
      {"tcp flags & syn != 0", "tcp flags syn"},
      {"tcp flags & 3 == 1", "tcp flags fin / fin,syn"},
      {"tcp flags { syn }", "tcp flags syn"},
      {"tcp flags & syn == syn", "tcp flags & syn == syn"},
      {"tcp flags & syn == 0", "tcp flags ! syn"},
      {"tcp flags & (syn|ack) { syn, ack }", "tcp flags & (syn | ack) == { syn, ack }"},
      {"tcp flags & (syn|ack) vmap { syn : accept }",
       "tcp flags & (syn | ack) vmap { syn : accept }"},
      {"tcp flags or 3 == 7", "tcp flags | fin | syn == fin | syn | rst"},
      {"meta mark set meta mark & 0xff | 0x100",
       "meta mark set meta mark & 0x000001ff | 0x00000100"},
      {"meta mark set mark and 0xf", "meta mark set meta mark & 0x0000000f"},
      {"mark set mark or 0xf", "meta mark set meta mark | 0x0000000f"},
      {"meta mark set mark xor 0xf", "meta mark set meta mark ^ 0x0000000f"},
      {"meta mark and 0xff == 0x10 accept", "meta mark & 0x000000ff == 0x00000010 accept"},
      {"meta mark xor 3 == 0", "meta mark 0x00000003"},
      {"mark & 3 1", "meta mark & 0x00000003 == 0x00000001"},
      {"meta mark 1-5", "meta mark 0x00000001-0x00000005"},
      {"meta mark { 1, 2}", "meta mark { 0x00000001, 0x00000002 }"},
      {"ip saddr . tcp dport { 1.2.3.4 . 22, 10.0.0.0/8 . 80-90 } accept",
       "ip saddr . tcp dport { 1.2.3.4 . 22, 10.0.0.0/8 . 80-90 } accept"},
      {"tcp dport vmap { 22 : accept, 80 : drop, 1-3 : jump x }",
       "tcp dport vmap { 1-3 : jump x, 22 : accept, 80 : drop }"},
      {"ip dscp set cs1", "ip dscp set cs1"},
      {"ip dscp set 3", "ip dscp set 0x03"},
      {"ip dscp 0x3", "ip dscp 0x03"},
      {"ip dscp != cs1", "ip dscp != cs1"},
      {"ip ecn not-ect", "ip ecn not-ect"},
      {R"(ip ttl < 5 log prefix "low " level warn drop)", R"(ip ttl < 5 log prefix "low " drop)"},
      {R"(log prefix "a" level info)", R"(log prefix "a" level info)"},
      {"log level audit", "log level audit"},
      {"log flags ip options flags tcp sequence", "log flags tcp sequence flags ip options"},
      {"log flags tcp options,sequence", "log flags tcp sequence,options"},
      {"log level err flags skuid flags ether", "log level err flags skuid flags ether"},
      {"log flags all flags ether", "log flags all"},
      {"log flags tcp sequence,options flags ip options flags skuid flags ether", "log flags all"},
      {R"(log group 2 prefix "a" snaplen 100 queue-threshold 5)",
       R"(log prefix "a" group 2 snaplen 100 queue-threshold 5)"},
      {"log group 0", "log group 0"},
      {"log group 2 snaplen 0", "log group 2 snaplen 0"},
      {"log snaplen 5", "log"},
      {"icmp type { echo-request, echo-reply } limit rate 5/second burst 10 packets accept",
       "icmp type { echo-reply, echo-request } limit rate 5/second burst 10 packets accept"},
      {"limit rate 2048 bytes/minute", "limit rate 2 kbytes/minute"},
      {"limit rate over 10 bytes/second burst 3 kbytes",
       "limit rate over 10 bytes/second burst 3 kbytes"},
      {"quota until 1 bytes", "quota 1 bytes"},
      {"quota over 25 mbytes used 3 kbytes drop", "quota over 25 mbytes used 3 kbytes drop"},
      {"icmpv6 type nd-neighbor-solicit accept", "icmpv6 type nd-neighbor-solicit accept"},
      {"icmpv6 mtu 3", "icmpv6 mtu 3"},
      {"icmp id 3", "icmp type { echo-reply, echo-request } icmp id 3"},
      {"icmp type echo-request icmp id 3", "icmp type echo-request icmp id 3"},
      {"meta mark set icmp id map { 5 : 6 }",
       "icmp type { echo-reply, echo-request } meta mark set icmp id map { 5 : 0x00000006 }"},
      {"icmp code 0", "icmp code net-unreachable"},
      {"icmp type 200", "icmp type 200"},
      {"icmp type . icmp code { 3 . 4}",
       "icmp type . icmp code { destination-unreachable . frag-needed }"},
      {"reject", "reject"},
      {"reject with tcp reset", "meta l4proto tcp reject with tcp reset"},
      {"icmp type 3-5", "icmp type 3-5"},
      {"ip dscp 8-16", "ip dscp 0x08-0x10"},
      {"ip ecn 0-2", "ip ecn 0x0-0x2"},
      {"ether type 0x800-0x806", "ether type 0x0800-0x0806"},
      {"ip protocol { 1-3, 6 }", "ip protocol { 1-3, tcp }"},
      {"iifname \"x\" reject with icmpv6 no-route", "iifname \"x\" reject with icmpv6 no-route"},
      {"iifname \"x\" meta nfproto ipv6 reject",
       "iifname \"x\" reject with icmpv6 port-unreachable"},
      {"meta mark set 1 reject with icmpv6 no-route",
       "meta nfproto ipv6 meta mark set 0x00000001 reject with icmpv6 no-route"},
      {"meta mark set 1 meta nfproto ipv6 reject",
       "meta mark set 0x00000001 meta nfproto ipv6 reject with icmpv6 port-unreachable"},
      {"ip saddr 1.1.1.1 reject", "ip saddr 1.1.1.1 reject with icmp port-unreachable"},
      {"meta nfproto ipv6 reject", "reject with icmpv6 port-unreachable"},
      {"meta l4proto tcp tcp dport 80", "tcp dport 80"},
      {"meta l4proto tcp th dport 80", "tcp dport 80"},
      {"meta l4proto tcp iifname \"x\" ct state new tcp dport 80",
       "iifname \"x\" ct state new tcp dport 80"},
      {"meta l4proto tcp counter tcp dport 80",
       "meta l4proto tcp counter packets 0 bytes 0 tcp dport 80"},
      {"meta l4proto tcp meta mark set 1 tcp dport 80",
       "meta l4proto tcp meta mark set 0x00000001 tcp dport 80"},
      {"meta nfproto ipv4 meta l4proto icmp icmp type echo-request", "icmp type echo-request"},
      {"meta nfproto ipv4 tcp dport 80", "meta nfproto ipv4 tcp dport 80"},
      {"meta nfproto ipv4 tcp dport 80 ip saddr 1.1.1.1", "tcp dport 80 ip saddr 1.1.1.1"},
      {"ip protocol tcp tcp dport 80", "ip protocol tcp tcp dport 80"},
      {"meta l4proto tcp tcp option maxseg size 5", "tcp option maxseg size 5"},
      {"meta l4proto tcp tcp option maxseg missing", "meta l4proto tcp tcp option maxseg missing"},
      {"meta l4proto tcp ct original proto-dst 80 tcp dport 80",
       "meta l4proto tcp ct original proto-dst 80 tcp dport 80"},
      {"tcp dport 22 reject with tcp reset", "tcp dport 22 reject with tcp reset"},
      {"reject with icmpx admin-prohibited", "reject with icmpx admin-prohibited"},
      {"reject with icmpx type port-unreachable", "reject"},
      {"reject with icmp type host-prohibited", "reject with icmp host-prohibited"},
      {"meta nfproto ipv6 reject with icmpv6 no-route", "reject with icmpv6 no-route"},
      {"ip protocol icmp reject with icmp net-unreachable",
       "ip protocol icmp reject with icmp net-unreachable"},
      {"ip6 nexthdr { tcp, udp } accept", "ip6 nexthdr { tcp, udp } accept"},
      {"meta l4proto { tcp, udp } th dport 53 accept",
       "meta l4proto { tcp, udp } th dport 53 accept"},
      {"meta l4proto 253", "meta l4proto 253"},
      {"meta l4proto icmpv6", "meta l4proto ipv6-icmp"},
      {"meta protocol { ip, ip6 } accept", "meta protocol { ip, ip6 } accept"},
      {"meta protocol 0x1234", "meta protocol 0x1234"},
      {"meta nfproto ipv6 drop", "meta nfproto ipv6 drop"},
      {R"(iifname "eth*" drop)", R"(iifname "eth*" drop)"},
      {R"(iifname { "a", "b*" } oifname != "lo" drop)",
       R"(iifname { "a", "b*" } oifname != "lo" drop)"},
      {"iif lo accept", R"(iif "lo" accept)"},
      {"meta oifname x", R"(oifname "x")"},
      {"ip frag-off & 0x1fff != 0 drop", "ip frag-off & 8191 != 0 drop"},
      {"ip frag-off 0x2000", "ip frag-off 8192"},
      {"ip length & 0xf == 3", "ip length & 15 == 3"},
      {"pkttype broadcast drop", "meta pkttype broadcast drop"},
      {"meta pkttype other", "meta pkttype other"},
      {"meta length > 100 drop", "meta length > 100 drop"},
      {"meta length ge 5", "meta length >= 5"},
      {"meta priority set 1:2", "meta priority set 1:2"},
      {"meta priority set 5", "meta priority set 0:5"},
      {"ether saddr 00:11:22:33:44:55 drop", "ether saddr 00:11:22:33:44:55 drop"},
      {"udp length 8-100", "udp length 8-100"},
      {"ip6 saddr fe80::/10 drop", "ip6 saddr fe80::/10 drop"},
      {"ip6 saddr != { fe80::/10, ::1 } drop", "ip6 saddr != { ::1, fe80::/10 } drop"},
      {"ip6 saddr ::/0", "ip6 saddr ::/0"},
      {"ip saddr 0.0.0.0/0", "ip saddr 0.0.0.0/0"},
      {"ip daddr 1.2.3.4/24", "ip daddr 1.2.3.0/24"},
      {"ip saddr != 10.0.0.0/8 drop", "ip saddr != 10.0.0.0/8 drop"},
      {"ip saddr 10.0.0.1-10.0.0.9 drop", "ip saddr 10.0.0.1-10.0.0.9 drop"},
      {R"(ip daddr . meta iifname { 1.2.3.4 . "a" })", R"(ip daddr . iifname { 1.2.3.4 . "a" })"},
      {"ip saddr . ip daddr { 1.1.1.1 . 2.2.2.2 } accept",
       "ip saddr . ip daddr { 1.1.1.1 . 2.2.2.2 } accept"},
      {"th dport 1-1023 continue", "th dport 1-1023 continue"},
      {"tcp sport > 1023 return", "tcp sport > 1023 return"},
      {"tcp dport != {22}", "tcp dport != 22"},
      {"tcp dport ssh", "tcp dport 22"},
      {"tcp sequence 0xffffffff", "tcp sequence 4294967295"},
      {"tcp window gt 5", "tcp window > 5"},
      {"ip6 flowlabel 0x3", "ip6 flowlabel 3"},
      {"ip6 dscp cs3", "ip6 dscp cs3"},
      {"ip6 hoplimit 1 goto x", "ip6 hoplimit 1 goto x"},
      {R"(udp dport 53 ip saddr 1.1.1.1 comment "dns")",
       R"(udp dport 53 ip saddr 1.1.1.1 comment "dns")"},
      {"meta mark set ip dscp map { 0 : 1, 1 : 2 }",
       "meta mark set ip dscp map { cs0 : 0x00000001, lephb : 0x00000002 }"},
      {"ip ttl set 5", "ip ttl set 5"},
      {"tcp dport set 5", "tcp dport set 5"},
      {"meta nftrace set 1", "meta nftrace set 1"},
      {"counter packets 3 bytes 100", "counter packets 3 bytes 100"},
      {"esp spi 5", "esp spi 5"},
      {"sctp dport 9", "sctp dport 9"},
      {"ah hdrlength 1", "ah hdrlength 1"},
  }));
  INFO(written);
  const auto ruleset = parse(
      std::string{
          "table inet t {\nchain x { }\nchain c {\n type filter hook forward priority 0\n"} +
          written + "\n}\n}\n",
      "test.nft");
  REQUIRE(ruleset);
  const Table& table = ruleset->tables[0];
  CHECK(print(table, table.chains[1].rules.at(0)) == listed);
  // What is listed means the same.
  const auto again = parse(print(*ruleset), "listed.nft");
  REQUIRE(again);
  CHECK(print(*again, {.handles = false}) == print(*ruleset, {.handles = false}));
}

TEST_CASE("a ruleset is listed with its handles, chains' first, as `nft -a list ruleset` does") {
  const auto ruleset = parse(R"nft(
table inet t {
  comment "tt"
  set a { type ipv4_addr; flags interval
    elements = { 1.2.3.4, 10.0.0.0/8, 11.0.0.1-11.0.0.9 }
  }
  set c { typeof ip saddr . tcp dport; flags timeout; timeout 1h30m; size 100; comment "x"
  }
  map m { type inet_service : mark
    elements = { 22 : 1, 80 : 2 }
  }
  map v { type inet_service : verdict
    elements = { 22 : accept, 80 : jump x }
  }
  counter cc { packets 3 bytes 5
  }
  limit l { rate 5/second
  }
  quota q { over 5 mbytes used 3 kbytes
  }
  chain x { comment "chain"
    ip saddr @a counter name cc quota name q limit name l drop
  }
  chain c { type filter hook forward priority filter + 5; policy drop;
    tcp dport { 1, 2 } drop
  }
  chain d { type filter hook prerouting priority -301;
    meta mark set tcp dport map @m
    tcp dport vmap @v
  }
}
table ip6 u { flags dormant
  chain a {
    reject
  }
}
)nft",
                             "test.nft");
  REQUIRE(ruleset);
  CHECK(print(*ruleset) == R"nft(table inet t { # handle 1
	comment "tt"
	counter cc { # handle 4
		packets 3 bytes 5
	}

	limit l { # handle 5
		rate 5/second
	}

	quota q { # handle 6
		over 5 mbytes used 3 kbytes
	}

	set a { # handle 7
		type ipv4_addr
		flags interval
		elements = { 1.2.3.4, 10.0.0.0/8,
			     11.0.0.1-11.0.0.9 }
	}

	set c { # handle 8
		typeof ip saddr . tcp dport
		size 100
		timeout 1h30m
		comment "x"
	}

	map m { # handle 9
		type inet_service : mark
		elements = { 22 : 0x00000001, 80 : 0x00000002 }
	}

	map v { # handle 10
		type inet_service : verdict
		elements = { 22 : accept, 80 : jump x }
	}

	chain x { # handle 1
		comment "chain"
		ip saddr @a counter name "cc" quota name "q" limit name "l" drop # handle 11
	}

	chain c { # handle 2
		type filter hook forward priority filter + 5; policy drop;
		tcp dport { 1, 2 } drop # handle 13
	}

	chain d { # handle 3
		type filter hook prerouting priority raw - 1; policy accept;
		meta mark set tcp dport map @m # handle 14
		tcp dport vmap @v # handle 15
	}
}
table ip6 u { # handle 2
	flags dormant

	chain a { # handle 1
		reject # handle 2
	}
}
)nft");
}
