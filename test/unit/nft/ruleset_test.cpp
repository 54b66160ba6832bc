// SPDX-License-Identifier: BSD-3-Clause
// Whole rulesets as routers and servers have them, listed as `nft -a list ruleset` lists them.
#include <catch2/catch.hpp>
#include <string>

#include "nft/parse.hpp"
#include "nft/print.hpp"

using namespace ringroad::nft;

TEST_CASE("a router of a home masquerades, and forwards ports") {
  const auto ruleset = parse(R"nft(flush ruleset

define wan = "wan0"
define lan = { "lan0", "lan1" }
define lan_net = 192.168.1.0/24
define web_server = 192.168.1.10

table inet filter {
  set bogons {
    type ipv4_addr
    flags interval
    elements = { 0.0.0.0/8, 10.0.0.0/8, 127.0.0.0/8, 172.16.0.0/12 }
  }

  chain input {
    type filter hook input priority filter; policy drop;
    ct state vmap { established : accept, related : accept, invalid : drop }
    iifname "lo" accept
    iifname $lan jump from_lan
    icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept
    icmp type echo-request limit rate 5/second accept
  }

  chain from_lan {
    udp dport { 53, 67, 123 } accept
    tcp dport { 22, 53 } ct state new counter accept
  }

  chain forward {
    type filter hook forward priority filter; policy drop;
    ct state established,related accept
    ct state invalid counter drop comment "out of window"
    iifname $lan oifname $wan accept
    iifname $wan ct status dnat accept
    iifname $wan ip saddr @bogons drop
  }
}

table ip nat {
  map forwards {
    type inet_service : ipv4_addr . inet_service
    elements = { 80 : $web_server . 8080, 443 : $web_server . 8443, 2222 : 192.168.1.20 . 22 }
  }

  chain prerouting {
    type nat hook prerouting priority dstnat; policy accept;
    iifname $wan dnat ip to tcp dport map @forwards
    iifname $wan udp dport 51820 dnat to 192.168.1.30
    iifname $lan ip daddr != $lan_net udp dport 53 redirect to :53
  }

  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    oifname $wan ip saddr $lan_net masquerade fully-random
    iifname $lan oifname $lan ct status dnat snat to 192.168.1.1
  }
}
)nft",
                             "test.nft");
  REQUIRE(ruleset);
  CHECK(print(*ruleset) == R"nft(table inet filter { # handle 1
	set bogons { # handle 4
		type ipv4_addr
		flags interval
		elements = { 0.0.0.0/8, 10.0.0.0/8,
			     127.0.0.0/8, 172.16.0.0/12 }
	}

	chain input { # handle 1
		type filter hook input priority filter; policy drop;
		ct state vmap { invalid : drop, established : accept, related : accept } # handle 6
		iifname "lo" accept # handle 7
		iifname { "lan0", "lan1" } jump from_lan # handle 9
		icmpv6 type { nd-router-advert, nd-neighbor-solicit, nd-neighbor-advert } accept # handle 11
		icmp type echo-request limit rate 5/second accept # handle 12
	}

	chain from_lan { # handle 2
		udp dport { 53, 67, 123 } accept # handle 14
		tcp dport { 22, 53 } ct state new counter packets 0 bytes 0 accept # handle 16
	}

	chain forward { # handle 3
		type filter hook forward priority filter; policy drop;
		ct state established,related accept # handle 17
		ct state invalid counter packets 0 bytes 0 drop comment "out of window" # handle 18
		iifname { "lan0", "lan1" } oifname "wan0" accept # handle 20
		iifname "wan0" ct status dnat accept # handle 21
		iifname "wan0" ip saddr @bogons drop # handle 22
	}
}
table ip nat { # handle 2
	map forwards { # handle 3
		type inet_service : ipv4_addr . inet_service
		elements = { 80 : 192.168.1.10 . 8080, 443 : 192.168.1.10 . 8443, 2222 : 192.168.1.20 . 22 }
	}

	chain prerouting { # handle 1
		type nat hook prerouting priority dstnat; policy accept;
		iifname "wan0" dnat ip to tcp dport map @forwards # handle 4
		iifname "wan0" udp dport 51820 dnat to 192.168.1.30 # handle 5
		iifname { "lan0", "lan1" } ip daddr != 192.168.1.0/24 udp dport 53 redirect to :53 # handle 7
	}

	chain postrouting { # handle 2
		type nat hook postrouting priority srcnat; policy accept;
		oifname "wan0" ip saddr 192.168.1.0/24 masquerade fully-random # handle 8
		iifname { "lan0", "lan1" } oifname { "lan0", "lan1" } ct status dnat snat to 192.168.1.1 # handle 11
	}
}
)nft");
}

TEST_CASE("a server lets in what it serves, and does not track some of it") {
  const auto ruleset = parse(R"nft(table inet raw {
  chain prerouting {
    type filter hook prerouting priority raw
    udp dport { 53, 123 } notrack
  }
  chain output {
    type filter hook output priority raw
    udp sport { 53, 123 } notrack
  }
}

table inet filter {
  set admins {
    type ipv6_addr
    flags interval
    elements = { 2001:db8:1::/48, 2001:db8:2::5 }
  }
  counter ssh { }

  chain input {
    type filter hook input priority 0; policy drop;
    ct state established,related accept
    ct state untracked udp dport { 53, 123 } accept
    ct state != new drop
    tcp flags & (fin | syn | rst | ack) != syn drop
    tcp dport { 80, 443 } accept
    ip6 saddr @admins tcp dport 22 counter name ssh ct mark set 0x16 accept
    ct original packets > 100 log prefix "busy "
    reject with icmpx port-unreachable
  }

  chain output {
    type route hook output priority mangle
    meta mark set ct mark
    ct mark 0x16 ip dscp set cs2
  }
}
)nft",
                             "test.nft");
  REQUIRE(ruleset);
  CHECK(print(*ruleset) == R"nft(table inet raw { # handle 1
	chain prerouting { # handle 1
		type filter hook prerouting priority raw; policy accept;
		udp dport { 53, 123 } notrack # handle 4
	}

	chain output { # handle 2
		type filter hook output priority raw; policy accept;
		udp sport { 53, 123 } notrack # handle 6
	}
}
table inet filter { # handle 2
	counter ssh { # handle 3
		packets 0 bytes 0
	}

	set admins { # handle 4
		type ipv6_addr
		flags interval
		elements = { 2001:db8:1::/48,
			     2001:db8:2::5 }
	}

	chain input { # handle 1
		type filter hook input priority filter; policy drop;
		ct state established,related accept # handle 5
		ct state untracked udp dport { 53, 123 } accept # handle 7
		ct state != new drop # handle 8
		tcp flags != syn / fin,syn,rst,ack drop # handle 9
		tcp dport { 80, 443 } accept # handle 11
		ip6 saddr @admins tcp dport 22 counter name "ssh" ct mark set 0x00000016 accept # handle 12
		ct original packets > 100 log prefix "busy " # handle 13
		reject # handle 14
	}

	chain output { # handle 2
		type route hook output priority mangle; policy accept;
		meta mark set ct mark # handle 15
		ct mark 0x00000016 ip dscp set cs2 # handle 16
	}
}
)nft");
}

// Its flowtable has the form of nft's flowtable_print_declaration: a kernel may lack flowtables.
TEST_CASE("a router puts flows that are established into a flowtable") {
  const auto ruleset = parse(R"nft(table inet edge {
  flowtable fast {
    hook ingress priority filter
    devices = { wan0, lan1, lan0 }
    counter
  }

  map zones {
    typeof iifname . oifname : verdict
    elements = { "lan0" . "wan0" : jump outgoing, "lan1" . "wan0" : jump outgoing, "wan0" . "lan0" : jump incoming }
  }

  chain forward {
    type filter hook forward priority filter; policy drop;
    meta l4proto { tcp, udp } ct state established flow add @fast
    ct state vmap { established : accept, related : accept, invalid : drop }
    iifname . oifname vmap @zones
  }

  chain outgoing {
    ct mark set meta mark
    accept
  }

  chain incoming {
    meta l4proto tcp ct original ip daddr 203.0.113.5 ct original proto-dst 25 accept
    ct bytes > 1000000 ct direction reply meta mark set 7
  }

  chain postrouting {
    type nat hook postrouting priority srcnat;
    oifname "wan0" meta nfproto ipv4 meta l4proto { tcp, udp } masquerade to :1024-65535 random
    oifname "wan0" snat ip6 prefix to ip6 saddr map { fd00:1::/64 : 2001:db8:1::/64 }
    oifname "wan0" ip saddr 10.1.0.0/16 snat to 203.0.113.8-203.0.113.15 persistent
  }
}
)nft",
                             "test.nft");
  REQUIRE(ruleset);
  CHECK(print(*ruleset) == R"nft(table inet edge { # handle 1
	map zones { # handle 5
		typeof iifname . oifname : verdict
		elements = { "wan0" . "lan0" : jump incoming,
			     "lan0" . "wan0" : jump outgoing,
			     "lan1" . "wan0" : jump outgoing }
	}

	flowtable fast { # handle 6
		hook ingress priority filter
		devices = { lan0, lan1, wan0 }
		counter
	}

	chain forward { # handle 1
		type filter hook forward priority filter; policy drop;
		meta l4proto { tcp, udp } ct state established flow add @fast # handle 8
		ct state vmap { invalid : drop, established : accept, related : accept } # handle 10
		iifname . oifname vmap @zones # handle 11
	}

	chain outgoing { # handle 2
		ct mark set meta mark # handle 12
		accept # handle 13
	}

	chain incoming { # handle 3
		meta l4proto tcp ct original ip daddr 203.0.113.5 ct original proto-dst 25 accept # handle 14
		ct bytes > 1000000 ct direction reply meta mark set 0x00000007 # handle 15
	}

	chain postrouting { # handle 4
		type nat hook postrouting priority srcnat; policy accept;
		oifname "wan0" meta nfproto ipv4 meta l4proto { tcp, udp } masquerade to :1024-65535 random # handle 17
		oifname "wan0" snat ip6 prefix to ip6 saddr map { fd00:1::/64 : 2001:db8:1::/64 } # handle 19
		oifname "wan0" ip saddr 10.1.0.0/16 snat ip to 203.0.113.8/29 persistent # handle 20
	}
}
)nft");
}
