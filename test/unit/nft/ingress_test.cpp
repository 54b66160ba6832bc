// SPDX-License-Identifier: BSD-3-Clause
// Chains at the ingress of devices: in tables of the family netdev, and inet.
#include <catch2/catch.hpp>
#include <string>

#include "nft/parse.hpp"
#include "nft/print.hpp"

using namespace ringroad::nft;

TEST_CASE("chains at the ingress are listed as nft lists them") {
  const auto parsed = parse(R"(
define uplinks = { wan1, wan0 }
table netdev early {
  chain one { type filter hook ingress device lan priority filter + 3; policy drop;
    meta protocol ip ip saddr 10.0.0.1 drop
    meta protocol ip tcp dport 22
    vlan id 5 ip6 saddr ::1 accept
    iifname "lan" ether type arp
  }
  chain two { type filter hook ingress devices = $uplinks priority -500 }
}
table inet both { chain x { type filter hook ingress device "lan" priority security; } }
)",
                            "fw.nft");
  REQUIRE(parsed);
  CHECK(print(*parsed, {.handles = false}) == R"(table netdev early {
	chain one {
		type filter hook ingress device "lan" priority filter + 3; policy drop;
		ip saddr 10.0.0.1 drop
		meta protocol ip tcp dport 22
		vlan id 5 ip6 saddr ::1 accept
		iifname "lan" ether type arp
	}

	chain two {
		type filter hook ingress devices = { wan0, wan1 } priority -500; policy accept;
	}
}
table inet both {
	chain x {
		type filter hook ingress device "lan" priority security; policy accept;
	}
}
)");
}

TEST_CASE("what is not possible at the ingress is refused where it is written") {
  struct Case {
    const char* family;
    const char* chain;
    const char* what;
  };
  const auto& [family, chain, what] = GENERATE(values<Case>({
      {"ip", "type filter hook ingress device a priority 0",
       "1:41: tables of the family ip have no hook ingress"},
      {"netdev", "type filter hook input priority 0",
       "1:45: tables of the family netdev have no hook input"},
      {"netdev", "type nat hook ingress device a priority 0",
       "1:42: a chain of type nat cannot be at ingress"},
      {"inet", "type filter hook input device a priority 0",
       "1:49: only chains at ingress have devices"},
      {"netdev", "type filter hook ingress priority 0",
       "1:53: expected 'device' and its name, or 'devices = { ... }'"},
      {"netdev", "type filter hook ingress devices = { a, a } priority 0",
       "1:68: 'a' is there twice"},
      {"netdev", "type filter hook ingress device a priority raw",
       "1:71: priority raw is none of ingress"},
      {"netdev", "type filter hook ingress device a priority 0; ct state new drop",
       "1:74: 'ct state' is not of tables of the family netdev"},
      {"netdev", "type filter hook ingress device a priority 0; meta nfproto ipv4",
       "1:74: 'meta nfproto' is not of tables of the family netdev"},
      {"netdev", "type filter hook ingress device a priority 0; reject",
       "1:74: 'reject' is not possible in a chain of type nat, at postrouting or at ingress; "
       "chain 'c' leads here"},
      {"inet", "type filter hook ingress device a priority 0; ct count over 3 drop",
       "1:72: connections are not known at ingress, so none are counted; chain 'c' leads here"},
      {"inet", "type filter hook ingress device a priority 0; meta priority set 1:2",
       "1:72: a priority that is set at ingress would have no effect; chain 'c' leads here"},
      {"netdev", "type filter hook ingress device a priority 0; rt mtu 5",
       "1:74: 'rt mtu' is possible only at forward, output and postrouting; chain 'c' at ingress "
       "leads here"},
  }));
  const auto parsed =
      parse(std::string{"table "} + family + " t { chain c { " + chain + "; }; }", "fw.nft");
  REQUIRE(!parsed);
  CHECK(parsed.error().front().to_string() == std::string{"fw.nft:"} + what);
}
