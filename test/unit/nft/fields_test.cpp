// SPDX-License-Identifier: BSD-3-Clause
// Fields of options and extension headers, of routes and of raw payload: how nft 1.0.6 lists them,
// and what is refused.
#include <catch2/catch.hpp>
#include <string>

#include "nft/parse.hpp"
#include "nft/print.hpp"

using namespace ringroad::nft;

namespace {

std::string chain_of(const std::string& rule, const std::string& hook) {
  return "table inet t {\n\tchain c {\n\t\ttype filter hook " + hook +
         " priority filter; policy accept;\n\t\t" + rule + "\n\t}\n}\n";
}

// Without handles.
std::string listing(const std::string& text) {
  const auto ruleset = parse(text, "rules");
  INFO((ruleset ? std::string{} : ruleset.error()[0].to_string()));
  REQUIRE(ruleset);
  return print(*ruleset, {.handles = false});
}

struct Listed {
  const char* written;
  const char* listed;
};
struct Refused {
  const char* rule;
  int column;
  const char* what;
};

void check_refusal(const Refused& refused, const std::string& hook = "prerouting") {
  INFO(refused.rule);
  const auto ruleset = parse(chain_of(refused.rule, hook), "rules");
  REQUIRE_FALSE(ruleset);
  const Problem& problem = ruleset.error().front();
  CHECK(problem.place.line == 4);
  CHECK(problem.place.column == refused.column + 2);
  INFO(problem.what);
  CHECK(problem.what.starts_with(refused.what));
}

void check_listing(const Listed& listed, const std::string& hook) {
  INFO(listed.written);
  const std::string text = listing(chain_of(listed.written, hook));
  CHECK(text == chain_of(listed.listed, hook));
  CHECK(listing(text) == text);
}

}  // namespace

TEST_CASE("route lookups are listed as nft lists them") {
  const auto listed = GENERATE(values<Listed>({
      {"fib daddr type local", "fib daddr type local"},
      {"fib daddr type 2", "fib daddr type local"},
      {"fib daddr type 11", "fib daddr type 11"},
      {"fib saddr type != unicast", "fib saddr type != unicast"},
      {"fib daddr type { local, broadcast, multicast }",
       "fib daddr type { local, broadcast, multicast }"},
      {"fib daddr type vmap { local : accept, broadcast : drop }",
       "fib daddr type vmap { local : accept, broadcast : drop }"},
      {"fib daddr . iif type . meta mark { local . 5 }",
       "fib daddr . iif type . meta mark { local . 0x00000005 }"},
      {"fib iif . saddr oif \"lo\"", "fib saddr . iif oif \"lo\""},
      {"fib saddr . iif . mark oif 0", "fib saddr . mark . iif oif 0"},
      {"fib saddr . iif oif eq 0", "fib saddr . iif oif 0"},
      {"fib saddr . iif oif missing drop", "fib saddr . iif oif missing drop"},
      {"fib saddr . iif oif exists", "fib saddr . iif oif exists"},
      {"fib saddr . mark . iif oifname \"lo\"", "fib saddr . mark . iif oifname \"lo\""},
      {"fib daddr . iif oifname \"eth*\"", "fib daddr . iif oifname \"eth*\""},
      {"fib daddr oif { \"eth0\" }", "fib daddr oif \"eth0\""},
  }));
  check_listing(listed, "prerouting");
}

TEST_CASE("options and extension headers are listed as nft lists them") {
  const auto listed = GENERATE(values<Listed>({
      {"tcp option maxseg size > 1400", "tcp option maxseg size > 1400"},
      {"tcp option maxseg == exists", "tcp option maxseg exists"},
      {"tcp option maxseg != exists", "tcp option maxseg != exists"},
      {"tcp option maxseg 1", "tcp option maxseg exists"},
      {"tcp option noop exists", "tcp option nop exists"},
      {"tcp option sack-permitted missing", "tcp option sack-perm missing"},
      {"tcp option sack0 left 5", "tcp option sack left 5"},
      {"tcp option sack3 right 5", "tcp option sack3 right 5"},
      {"tcp option timestamp tsval 5", "tcp option timestamp tsval 5"},
      {"tcp option mptcp subtype 0", "tcp option mptcp subtype 0"},
      {"tcp option 2 exists", "tcp option maxseg exists"},
      {"tcp option 254 exists", "tcp option 254 exists"},
      {"tcp option @2,16,16 3", "tcp option maxseg size 3"},
      {"tcp option maxseg size & 0xff == 3", "tcp option maxseg size & 255 == 3"},
      {"tcp option maxseg size . tcp dport { 1 . 5 }",
       "tcp option maxseg size . tcp dport { 1 . 5 }"},
      {"tcp flags syn tcp option maxseg size set rt mtu",
       "tcp flags syn tcp option maxseg size set rt mtu"},
      {"tcp option maxseg size set 1360", "tcp option maxseg size set 1360"},
      {"tcp option maxseg size set meta mark map { 1 : 1360 }",
       "tcp option maxseg size set meta mark map { 0x00000001 : 1360 }"},
      {"rt mtu < 1400", "rt mtu < 1400"},
      {"ip option lsrr exists", "ip option lsrr exists"},
      {"exthdr hbh missing", "exthdr hbh missing"},
      {"hbh nexthdr { tcp, udp }", "hbh nexthdr { tcp, udp }"},
      {"rt type 0 drop", "rt type 0 drop"},
      {"srh sid[1] ::1", "srh sid[1] ::1"},
      {"frag frag-off != 0", "frag frag-off != 0"},
      {"frag more-fragments 1", "frag more-fragments 1"},
      {"mh type { binding-update, home-test }", "mh type { home-test, binding-update }"},
      {"dst hdrlength 1", "dst hdrlength 1"},
  }));
  check_listing(listed, "postrouting");
}

TEST_CASE("raw payload and VLAN tags are listed as nft lists them") {
  const auto listed = GENERATE(values<Listed>({
      {"@th,16,16 { 80, 443 }", "th dport { 80, 443 }"},
      {"tcp sport 1 @th,16,16 80", "tcp sport 1 tcp dport 80"},
      {"@nh,96,32 0x0a000001", "@nh,96,32 0xa000001"},
      {"ip ttl 3 @nh,96,32 0x0a000001", "ip ttl 3 ip saddr 10.0.0.1"},
      {"ip protocol icmp @th,0,8 8", "ip protocol icmp icmp type echo-request"},
      {"@ih,0,32 1", "@ih,0,32 0x1"},
      {"@th,0,4 1", "@th,0,8 & 0xf0 == 0x10"},
      {"@th,4,4 != 1", "@th,0,8 & 0xf != 0x1"},
      {"@th,3,10 1", "th sport & 8184 == 8"},
      {"@nh,64,128 0x20010db8000000000000000000000001",
       "@nh,64,128 0x20010db8000000000000000000000001"},
      {"@ll,0,48 1", "@ll,0,48 0x1"},
      {"@th,16,16 . ip saddr { 80 . 1.2.3.4 }", "th dport . ip saddr { 80 . 1.2.3.4 }"},
      {"@th,16,16 set 80", "th dport set 80"},
      {"vlan id 5 vlan pcp 3", "vlan id 5 vlan pcp 3"},
      {"vlan cfi 1", "vlan dei 1"},
      {"ether type vlan vlan id 5", "vlan id 5"},
      {"vlan type ip", "ether type 8021q vlan type ip"},
      {"ether type != arp", "ether type != arp"},
  }));
  check_listing(listed, "forward");
}

TEST_CASE("fields that are not there are refused where they are written") {
  const auto refused = GENERATE(values<Refused>({
      {"fib daddr . iif oifname exists", 25, "only 'oif' exists or is missing"},
      {"fib daddr . mark check missing", 18, "'fib' finds type, oif or oifname, not 'check'"},
      {"fib saddr . daddr type local", 1, "'fib' looks up one address"},
      {"fib saddr . iif . oif type local", 1, "'fib' looks up for one interface"},
      {"fib saddr . oif oif missing", 17, "only the type is found for an oif"},
      {"fib dport type local", 5, "'fib' looks up saddr or daddr"},
      {"fib daddr type throw", 16, "'throw' is no value of the type fib_addrtype"},
      {"fib daddr . oif type local", 1, "'fib daddr . oif type' is possible only at forward"},
      {"rt mtu 1400", 1, "'rt mtu' is possible only at forward, output and postrouting"},
      {"tcp option wscale exists", 12, "'tcp' has no 'option wscale'"},
      {"tcp option maxseg kind 2", 19, "'kind' is no value of the type boolean"},
      {"tcp option window count set 5", 25, "'tcp option window count' cannot be set"},
      {"tcp option maxseg size set 99999", 28, "'99999' has more than 16 bits"},
      {"tcp option 256 exists", 12, "the kind of an option has 8 bits"},
      {"ip option rr ptr 3", 14, "'ptr' is no value of the type boolean"},
      {"ip saddr 1.1.1.1 exthdr frag exists", 18, "'exthdr frag' is of another protocol"},
      {"exthdr ah exists", 8, "'exthdr' has no 'ah'"},
      {"rt ip nexthop 1.2.3.4", 4, "'rt ip' is not there"},
      {"frag id set 5", 9, "'frag id' cannot be set"},
      {"@foo,0,8 1", 2, "raw payload begins at ll, nh, th or ih, not 'foo'"},
      {"@th,0,129 1", 7, "raw payload has 1 to 128 bits"},
      {"@th,40000,8 1", 5, "raw payload ends within 32768 bits"},
      {"@th,4,4 { 1, 2 }", 9, "'@th,4,4' is no whole octets"},
      {"@th,4,4 vmap { 1 : accept }", 9, "'@th,4,4' is no whole octets"},
      {"@nh,8,8 set 3", 9, "'@nh,8,8' cannot be set"},
      {"vlan id set 5", 9, "'vlan id' cannot be set"},
      {"vlan id 4096", 9, "'4096' has more than 12 bits"},
      {"meta skuid 0", 6, "'meta skuid' is not there"},
      {"iifgroup 1", 1, "'meta iifgroup' is not there"},
      {"tcp dport 21 ct helper set \"ftp\"", 17, "'ct helper' is not there"},
      {"ct zone set 1", 4, "'ct zone' is not there"},
      {"ct label set 1", 4, "'ct label' is not there"},
      {"ct timeout set \"x\"", 4, "'ct timeout' is not there"},
      {"synproxy mss 1460 wscale 7", 1, "'synproxy' is not there"},
      {"queue num 1-3 bypass", 1, "'queue' is not there"},
      {"tproxy to :50080", 1, "'tproxy' is not there"},
      {"reset tcp option sack-perm", 1, "'reset' is not there"},
  }));
  check_refusal(refused);
}

TEST_CASE("routes are looked up only at the hooks where Linux can") {
  for (const char* const hook : {"output", "postrouting"}) {
    check_refusal({"fib saddr . iif oif missing", 1, "'fib saddr . iif oif' is possible only at"},
                  hook);
    check_refusal({"fib daddr oif missing", 1, "'fib daddr oif' is possible only at"}, hook);
    check_listing({"fib daddr . oif type local", "fib daddr . oif type local"}, hook);
  }
  check_listing({"fib saddr . iif oif missing", "fib saddr . iif oif missing"}, "input");
}
