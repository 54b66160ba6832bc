// SPDX-License-Identifier: BSD-3-Clause
// What a file says of router advertisements.
#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "config/load.hpp"

namespace ringroad::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Lines = std::vector<std::string>;

constexpr std::string_view kKey = "ports.a.router_advertisements";

std::string with_keys(const std::string& keys) {
  return "ports: {a: {device: net_null0, router_advertisements: {" + keys + "}}}\n";
}

RouterAdvertisements parsed(const std::string& keys) {
  const auto config = parse(with_keys(keys), "t");
  INFO((config ? "" : config.error().front().to_string()));
  REQUIRE(config);
  CHECK(parse(to_yaml(*config), "written") == *config);
  return config->ports.at(0).router_advertisements.value();
}

// Without the part of the key that they share.
Lines of_advertisements(const std::string& keys) {
  const auto config = parse(with_keys(keys), "t");
  Lines lines;
  for (const Problem& problem : config ? Problems{} : config.error()) {
    REQUIRE(problem.key.starts_with(kKey));
    lines.push_back(problem.key.substr(kKey.size()) + ": " + problem.what);
  }
  return lines;
}

Ipv6 address(std::string_view text) { return Ipv6::parse(text).value(); }
Prefix6 prefix(std::string_view text) { return Prefix6::parse(text).value(); }

}  // namespace

TEST_CASE("every key of router advertisements arrives") {
  const RouterAdvertisements ra = parsed(R"(
    interval: 4s, lifetime: 9000s, preference: high, managed: true, other: true, hop_limit: 255,
    reachable: 1h, retransmit: 500ms, mtu: false,
    prefixes: [2001:db8::/64, {prefix: 2001:db8:1::/64, valid: 4294967295s, preferred: 1h,
               on_link: false, autonomous: false}, {prefix: 2001:db8:2::/64, valid: 1h}],
    routes: ["::/0", {prefix: 2001:db8:9::/48, lifetime: 0, preference: low}],
    dns: [2001:db8::53, fe80::53], search: [example.org, a-b.example], dns_lifetime: 20m,
    pref64: 64:ff9b::/96)");
  RouterAdvertisements expected{.interval = seconds{4},
                                .lifetime = seconds{9000},
                                .preference = RouterPreference::kHigh,
                                .managed = true,
                                .other = true,
                                .hop_limit = 255,
                                .reachable_time = hours{1},
                                .retransmit = milliseconds{500},
                                .mtu = false,
                                .prefixes = {},
                                .routes = {},
                                .dns = {address("2001:db8::53"), address("fe80::53")},
                                .search = {"example.org", "a-b.example"},
                                .dns_lifetime = minutes{20},
                                .pref64 = prefix("64:ff9b::/96")};
  expected.prefixes = {
      {.prefix = prefix("2001:db8::/64")},
      {.prefix = prefix("2001:db8:1::/64"),
       .valid = seconds{4294967295},
       .preferred = hours{1},
       .on_link = false,
       .autonomous = false},
      {.prefix = prefix("2001:db8:2::/64"), .valid = hours{1}, .preferred = hours{1}}};
  expected.routes = {{.prefix = prefix("::/0")},
                     {.prefix = prefix("2001:db8:9::/48"),
                      .lifetime = Nanoseconds{0},
                      .preference = RouterPreference::kLow}};
  CHECK(ra == expected);
}

TEST_CASE("times of router advertisements are in the ranges of RFC 4861") {
  CHECK(of_advertisements("interval: 3s") == Lines{".interval: 3s is outside 4s..30m"});
  CHECK(of_advertisements("interval: 1801s") == Lines{".interval: 1801s is outside 4s..30m"});
  CHECK(of_advertisements("lifetime: 9001s") == Lines{".lifetime: 9001s is outside 0s..150m"});
  CHECK(of_advertisements("lifetime: 0").empty());
  CHECK(of_advertisements("lifetime: 599s") ==
        Lines{".lifetime: 599s is neither 0 nor as long as the interval, 10m"});
  CHECK(of_advertisements("lifetime: 600.5s") ==
        Lines{".lifetime: 600500ms is not a whole number of seconds"});
  CHECK(of_advertisements("interval: 4000500us") ==
        Lines{".interval: 4000500us is not a whole number of milliseconds"});
  CHECK(of_advertisements("reachable: 2h") == Lines{".reachable: 2h is outside 0s..1h"});
  CHECK(of_advertisements("retransmit: 1us") ==
        Lines{".retransmit: 1us is not a whole number of milliseconds"});
  CHECK(of_advertisements("dns_lifetime: 4294967296s") ==
        Lines{".dns_lifetime: 4294967296s is outside 0s..4294967295s"});
}

TEST_CASE("words and numbers of router advertisements are checked") {
  CHECK(of_advertisements("preference: highest") ==
        Lines{".preference: highest is none of low, medium, high"});
  CHECK(of_advertisements("hop_limit: 256") == Lines{".hop_limit: 256 is outside 0..255"});
  CHECK(of_advertisements("managed: 2, other: 2, mtu: 1500") ==
        Lines{".managed: 2 is neither true nor false", ".other: 2 is neither true nor false",
              ".mtu: 1500 is neither true nor false"});
  CHECK(of_advertisements("pref64: 64:ff9b::/95") ==
        Lines{".pref64: 64:ff9b::/95 has none of the lengths 96, 64, 56, 48, 40, 32"});
}

TEST_CASE("prefixes and routes of router advertisements are checked") {
  CHECK(of_advertisements("prefixes: [{prefix: 2001:db8::/64, valid: 1h, preferred: 2h}]") ==
        Lines{".prefixes[0].preferred: 2h is more than valid, 1h"});
  CHECK(of_advertisements("prefixes: [{valid: 1h}]") ==
        Lines{".prefixes[0]: has no prefix: a prefix such as 2001:db8::/64"});
  CHECK(of_advertisements("prefixes: [2001:db8::1/64]") ==
        Lines{".prefixes[0]: 2001:db8::1/64 has host bits set; the prefix is 2001:db8::/64"});
  CHECK(of_advertisements("prefixes: [10.0.0.0/8]") ==
        Lines{".prefixes[0]: 10.0.0.0/8 is not an IPv6 prefix"});
  CHECK(of_advertisements("prefixes: [fe80::/64, ff02::/16]") ==
        Lines{".prefixes[0]: fe80::/64 cannot be advertised",
              ".prefixes[1]: ff02::/16 cannot be advertised"});
  CHECK(of_advertisements("routes: [2001:db8::/32, {prefix: 2001:db8::/32}]") ==
        Lines{".routes[1].prefix: 2001:db8::/32 is here twice"});
}

TEST_CASE("DNS servers and domains of router advertisements are checked") {
  CHECK(of_advertisements("dns: [10.0.0.1, ff02::1, 2001:db8::1, 2001:db8::1]") ==
        Lines{".dns[0]: 10.0.0.1 is not an IPv6 address",
              ".dns[1]: ff02::1 is not a unicast address", ".dns[3]: 2001:db8::1 is here twice"});
  const std::string label(64, 'x');
  CHECK(of_advertisements("search: [example..org, \"\", -a.org, " + label + ", a, a]") ==
        Lines{".search[0]: example..org is not a domain name",
              ".search[1]: '' is not a domain name", ".search[2]: -a.org is not a domain name",
              ".search[3]: " + label.substr(0, 60) + "... is not a domain name",
              ".search[5]: a is here twice"});
}

TEST_CASE("router advertisements fit into one packet of the least MTU") {
  const auto with = [](int prefixes) {
    std::string list;
    for (int i = 1; i <= prefixes; ++i) {
      list += "2001:db8:" + std::to_string(i) + "::/64, ";
    }
    return of_advertisements("prefixes: [" + list + "]");
  };
  CHECK(with(37).empty());
  CHECK(with(38) == Lines{": has 1288 bytes as a packet; one has at most 1280"});
}

}  // namespace ringroad::config
