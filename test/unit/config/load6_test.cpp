// SPDX-License-Identifier: BSD-3-Clause
// What a file says of IPv6: addresses, advertisements, neighbor discovery, routes and neighbors.
#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "config/address.hpp"
#include "config/load.hpp"

namespace ringroad::config {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Lines = std::vector<std::string>;

Config parsed(const std::string& yaml) {
  const auto config = parse(yaml, "t");
  INFO(yaml << (config ? "" : config.error().front().to_string()));
  REQUIRE(config);
  CHECK(parse(to_yaml(*config), "written") == *config);
  return *config;
}

Lines problems(const std::string& yaml) {
  const auto config = parse(yaml, "t");
  Lines lines;
  for (const Problem& problem : config ? Problems{} : config.error()) {
    lines.push_back(problem.key + ": " + problem.what);
  }
  return lines;
}

// Ports a and b; a has the given keys.
std::string ports(const std::string& keys) {
  return "ports:\n  a: {device: net_null0, " + keys + "}\n  b: {device: net_null1}\n";
}

Lines of_port(const std::string& keys) { return problems(ports(keys)); }

Ipv6 address(std::string_view text) { return Ipv6::parse(text).value(); }
Prefix6 prefix(std::string_view text) { return Prefix6::parse(text).value(); }

const std::string kPorts =
    "ports:\n"
    "  a: {device: net_null0, addresses: [10.0.0.1/24, 2001:db8::1/64, fe80::1/64]}\n"
    "  b: {device: net_null1, ipv6: true}\n"
    "  c: {device: net_null2, addresses: [10.1.0.1/24]}\n"
    "routes:\n";

Lines of_route(const std::string& route) { return problems(kPorts + "  - {" + route + "}\n"); }

}  // namespace

TEST_CASE("one list has the addresses of both families, each in its order") {
  const Port port =
      parsed(ports("addresses: [2001:db8::1/64, 10.0.0.1/24, \"fe80::1/10\", 10.0.1.1/24, "
                   "2001:db8:1::/127, 2001:db8:2::1 peer 2001:db8:2::2/128, "
                   "2001:db8:3:4:5:6:7:8/128, \"2001:db8:4::/64\"]"))
          .ports[0];
  CHECK(port.addresses == std::vector{InterfaceAddress4{Ipv4{10, 0, 0, 1}, 24},
                                      InterfaceAddress4{Ipv4{10, 0, 1, 1}, 24}});
  CHECK(port.addresses6 ==
        std::vector{InterfaceAddress6{address("2001:db8::1"), 64},
                    InterfaceAddress6{address("fe80::1"), 10},
                    InterfaceAddress6{address("2001:db8:1::"), 127},
                    InterfaceAddress6{address("2001:db8:2::1"), 128, address("2001:db8:2::2")},
                    InterfaceAddress6{address("2001:db8:3:4:5:6:7:8"), 128},
                    InterfaceAddress6{address("2001:db8:4::"), 64}});
}

TEST_CASE("an IPv6 address that no port can have is refused") {
  const auto fault = [](std::string_view text) {
    return fault_of(InterfaceAddress6::parse(text).value()).value_or("");
  };
  CHECK(fault("2001:db8::1/64").empty());
  CHECK(fault("2001:db8::/64").empty());
  CHECK(fault("ff02::1/64") == "ff02::1 is not a unicast address");
  CHECK(fault("::/64") == ":: is not a unicast address");
  CHECK(fault("::1/128") == "::1 is not a unicast address");
  CHECK(fault("2001:db8::1 peer ff02::1") == "ff02::1 is not a unicast address");
  CHECK(fault("::ffff:10.0.0.1/128") == "::ffff:10.0.0.1 is an IPv4 address; write it as one");
  CHECK(fault("2001:db8::1/0") == "a subnet of length 0 would be the whole Internet");
  CHECK(fault("fe80::1/9") == "fe80::/9 has addresses that are not link-local; write fe80::1/64");
}

TEST_CASE("an IPv6 address that cannot be read, or is there twice, is reported") {
  CHECK(of_port("addresses: [\"2001:db8::1\"]") ==
        Lines{"ports.a.addresses[0]: 2001:db8::1 has no prefix length; write 2001:db8::1/64 or the "
              "like"});
  CHECK(of_port("addresses: [\"2001:db8::g/64\", 2001:db8::1/129]") ==
        Lines{"ports.a.addresses[0]: 2001:db8::g/64 is not an IPv6 address with a prefix length",
              "ports.a.addresses[1]: 2001:db8::1/129 is not an IPv6 address with a prefix length"});
  CHECK(of_port("addresses: [2001:db8::1/64, 2001:db8::1/48, 2001:db8::1 peer 2001:db8::2]") ==
        Lines{"ports.a.addresses[1]: 2001:db8::1 is already an address of port a, on line 2",
              "ports.a.addresses[2]: 2001:db8::1 is already an address of port a, on line 2"});
  CHECK(problems("ports:\n  a: {device: net_null0, addresses: [fe80::1/64]}\n"
                 "  b: {device: net_null1, addresses: [fe80::1/64]}\n")
            .empty());
}

TEST_CASE("a port runs IPv6 if anything asks for it") {
  CHECK_FALSE(parsed(ports("ipv6: false")).ports[0].runs_ipv6());
  CHECK_FALSE(parsed(ports("accept_ra: false")).ports[0].runs_ipv6());
  CHECK(parsed(ports("ipv6: yes")).ports[0].ipv6);
  const Port accepts = parsed(ports("accept_ra: on")).ports[0];
  CHECK(accepts.accept_ra);
  CHECK(accepts.runs_ipv6());
  CHECK(parsed(ports("router_advertisements: {}")).ports[0].router_advertisements ==
        RouterAdvertisements{});
  CHECK(parsed(ports("addresses: [2001:db8::1/64]")).ports[0].runs_ipv6());
}

TEST_CASE("keys of a port that contradict each other are reported") {
  CHECK(of_port("ipv6: false, addresses: [2001:db8::1/64]") ==
        Lines{"ports.a.ipv6: is false, but the port has an IPv6 address, accept_ra or "
              "router_advertisements"});
  CHECK(of_port("accept_ra: true, router_advertisements: {}") ==
        Lines{"ports.a.accept_ra: does not go with router_advertisements on one port"});
  CHECK(of_port("ipv6: maybe") == Lines{"ports.a.ipv6: maybe is neither true nor false"});
  CHECK(of_port("accept_ra: 2") == Lines{"ports.a.accept_ra: 2 is neither true nor false"});
  CHECK(of_port("router_advertisements: true") ==
        Lines{"ports.a.router_advertisements: is a single value; a mapping is wanted"});
}

TEST_CASE("a port that runs IPv6 has an MTU of 1280 or more") {
  CHECK(of_port("ipv6: true, mtu: 1279") ==
        Lines{"ports.a.mtu: 1279 is less than 1280, which a port that runs IPv6 needs"});
  CHECK(of_port("ipv6: true, mtu: 1280").empty());
  CHECK(of_port("mtu: 1279").empty());
  CHECK(problems(ports("mtu: 1000") + "vlans: {a.7: {addresses: [2001:db8::1/64]}}\n") ==
        Lines{"vlans.a.7: 1000 is less than 1280, which a port that runs IPv6 needs"});
}

TEST_CASE("a sub-interface has the IPv6 keys of a port") {
  const Config config = parsed(
      ports("mtu: 1500") +
      "vlans:\n"
      "  a.7: {ipv6: true, nd: {retransmit: 2s}}\n"
      "  a.8: {accept_ra: true}\n"
      "  a.9: {addresses: [2001:db8::1/64], router_advertisements: {prefixes: [2001:db8::/64]}}\n");
  CHECK(config.ports[2].ipv6);
  CHECK(config.ports[2].nd->retransmit == seconds{2});
  CHECK(config.ports[3].accept_ra);
  CHECK(config.ports[4].addresses6.size() == 1);
  CHECK(config.ports[4].router_advertisements->prefixes.at(0).prefix == prefix("2001:db8::/64"));
}

TEST_CASE("every key of nd arrives, and a port without timers of its own has those of all ports") {
  const Config config = parsed(
      "nd: {base_reachable: 1m, retransmit: 250ms, gc_thresh: [1, 2, 3], queue_bytes: 64KB,\n"
      "     delay_first_probe: 2s, gc_stale: 3m, unicast_probes: 5, multicast_probes: 0,\n"
      "     dad_transmits: 10}\n" +
      ports("nd: {gc_stale: 9s, unicast_probes: 1}"));
  const ArpTimers timers{.base_reachable = minutes{1},
                         .retransmit = milliseconds{250},
                         .delay_first_probe = seconds{2},
                         .gc_stale = minutes{3},
                         .unicast_probes = 5,
                         .multicast_probes = 0};
  CHECK(config.nd == Nd{timers, {1, 2, 3}, Bytes{64'000}, 10});
  ArpTimers own = timers;
  own.gc_stale = seconds{9};
  own.unicast_probes = 1;
  CHECK(config.ports[0].nd == own);
  CHECK_FALSE(config.ports[1].nd);
  CHECK(config.arp == Arp{});
}

TEST_CASE("values of nd are checked") {
  CHECK(problems("nd: {dad_transmits: 11}\n" + ports("mtu: 1500")) ==
        Lines{"nd.dad_transmits: 11 is outside 0..10"});
  CHECK(problems("nd: {gc_thresh: [3, 2, 1], queue_bytes: 2GiB}\n" + ports("mtu: 1500")) ==
        Lines{"nd.gc_thresh: [3, 2, 1] is not in ascending order",
              "nd.queue_bytes: 2GiB is outside 0..1GiB"});
  CHECK(of_port("nd: {retransmit: 1ms}") ==
        Lines{"ports.a.nd.retransmit: 1ms is outside 10ms..1h"});
}

TEST_CASE("routes of both families arrive in one list") {
  const Config config = parsed(kPorts + R"(
  - {to: default, via: 10.0.0.2}
  - {to: default, via: 2001:db8::2}
  - {to: "::/0", via: fe80::2, port: b, metric: 9}
  - {to: default, port: c, metric: 9}
  - {to: default, type: blackhole, metric: 8}
  - {to: default, nexthops: [{via: fe80::2, port: a, weight: 2}, {via: fe80::2, port: b}], table: 7}
  - {to: 2001:db8:1::/48, via: 2001:db8::2, from: 2001:db8::1}
  - {to: 2001:db8:2::1, type: prohibit}
  - {to: "2001:db8:3::", port: b}
  - {to: 2001:db8:4::/48, via: 2001:db8:9::1, port: b, on-link: true}
  - {to: 2001:db8:5::/48, via: 2001:db8:8::1, recursive: true}
  - {to: 2001:db8:6::/48, via: 2001:db8:1::7}
  - {file: /dev/null, via: 10.0.0.2}
)");
  CHECK(config.routes.size() == 3);
  CHECK(config.route_files.size() == 1);
  REQUIRE(config.routes6.size() == 9);
  CHECK(config.routes6[0] == Route6{.to = {}, .next_hops = {{.via = address("2001:db8::2")}}});
  CHECK(config.routes6[1].next_hops ==
        std::vector<NextHop6>{{.via = address("fe80::2"), .weight = 1, .port = "b"}});
  CHECK(config.routes6[2].next_hops ==
        std::vector<NextHop6>{{.via = address("fe80::2"), .weight = 2, .port = "a"},
                              {.via = address("fe80::2"), .weight = 1, .port = "b"}});
  CHECK(config.routes6[2].table == 7);
  CHECK(config.routes6[3].source == address("2001:db8::1"));
  CHECK(config.routes6[4].type == RouteType::kProhibit);
  CHECK(config.routes6[5].to == Prefix6{address("2001:db8:3::"), 128});
  CHECK_FALSE(config.routes6[5].next_hops.at(0).via);
  CHECK(config.routes6[6].next_hops.at(0).on_link);
  CHECK(config.routes6[7].next_hops.at(0).recursive);
}

TEST_CASE("a file of routes has gateways of each family for the prefixes of that family") {
  const Config config = parsed(kPorts + R"(
  - {file: /dev/null, via: 2001:db8::2}
  - {file: /dev/null, via: [2001:db8::2, 10.0.0.2, 2001:db8::3], metric: 7}
)");
  REQUIRE(config.route_files.size() == 2);
  CHECK(config.route_files[0] == RouteFile{"/dev/null", {}, {address("2001:db8::2")}});
  CHECK(config.route_files[1] ==
        RouteFile{
            "/dev/null", {Ipv4{10, 0, 0, 2}}, {address("2001:db8::2"), address("2001:db8::3")}, 7});
  CHECK(parsed(to_yaml(config)) == config);
  CHECK(of_route("file: /dev/null, via: [10.0.0.2, 2001:db8::2, 2001:db8::2]") ==
        Lines{"routes[0].via[2]: 2001:db8::2 is here twice"});
  CHECK(of_route("file: /dev/null, via: 2001:db8::1") ==
        Lines{"routes[0].via: 2001:db8::1 is this router's own address"});
  CHECK(of_route("file: /dev/null, via: [2001:db8::2, nobody]") ==
        Lines{"routes[0].via[1]: nobody is not an IPv4 address"});
}

TEST_CASE("an IPv4 route may have IPv6 gateways, and a route of IPv6 has no others") {
  const Config config = parsed(kPorts + R"(
  - {to: 0.0.0.0/0, via: fe80::2, port: a}
  - {to: 10.9.0.0/16, via: 2001:db8::2}
  - {to: 10.8.0.0/16, nexthops: [{via: 10.0.0.2}, {via: fe80::2, port: b, weight: 3}]}
  - {to: 10.7.0.0/16, via: 2001:db8:9::1, port: b, on-link: true}
  - {to: 10.6.0.0/16, via: 2001:db8:8::1, recursive: true}
  - {to: 2001:db8:7::/48, via: 2001:db8::2}
  - {to: 10.5.0.0/16, via: 2001:db8:7::1}
)");
  REQUIRE(config.routes.size() == 6);
  CHECK(config.routes[0].to == Prefix4{});
  CHECK(config.routes[0].next_hops ==
        std::vector<NextHop>{{.via = address("fe80::2"), .weight = 1, .port = "a"}});
  CHECK(config.routes[2].next_hops ==
        std::vector<NextHop>{{.via = Ipv4{10, 0, 0, 2}},
                             {.via = address("fe80::2"), .weight = 3, .port = "b"}});
  CHECK(parsed(to_yaml(config)) == config);

  CHECK(of_route("to: 2001:db8:9::/48, via: 10.0.0.2") ==
        Lines{"routes[0].via: 10.0.0.2 is an IPv4 address; the gateway of an IPv6 route has an "
              "IPv6 address"});
  CHECK(of_route("to: 10.9.0.0/16, via: fe80::2") ==
        Lines{"routes[0].via: fe80::2 is a link-local address, which needs port"});
  CHECK(of_route("to: 10.9.0.0/16, via: 2001:db8::1") ==
        Lines{"routes[0].via: 2001:db8::1 is this router's own address"});
  CHECK(of_route("to: 10.9.0.0/16, via: 2001:db8:77::1") ==
        Lines{"routes[0].via: 2001:db8:77::1 is not on the subnet of any port, and no route but "
              "the default leads to it; a gateway must be reachable"});
  CHECK(of_route("to: 10.9.0.0/16, via: \"2001:db8::g\"").size() == 1);
  CHECK(of_route("to: 10.9.0.0/16, via: fe80::2, port: c").size() == 1);  // runs no IPv6
  CHECK(of_route("to: 2001:db8:9::/48, type: blackhole, from: 10.0.0.1") ==
        Lines{"routes[0].from: 10.0.0.1 is not an IPv6 address"});
}

TEST_CASE("a link-local gateway needs its port, and is on its link") {
  CHECK(of_route("to: default, via: fe80::2, port: a").empty());
  CHECK(of_route("to: default, via: fe80::2, port: a, on-link: true").empty());
  CHECK(of_route("to: default, via: fe80::1, port: b").empty());
  CHECK(of_route("to: default, via: fe80::1, port: a") ==
        Lines{"routes[0].via: fe80::1 is this router's own address"});
  CHECK(of_route("to: default, via: fe80::2") ==
        Lines{"routes[0].via: fe80::2 is a link-local address, which needs port"});
  CHECK(of_route("file: /dev/null, via: fe80::2").back() ==
        std::string{
            "routes[0].via: fe80::2 is a link-local address; a route file cannot say its port"});
}

TEST_CASE("a gateway of IPv6 is checked as one of IPv4 is") {
  CHECK(of_route("to: default, via: 2001:db8::1") ==
        Lines{"routes[0].via: 2001:db8::1 is this router's own address"});
  CHECK(of_route("to: default, via: ff02::2") ==
        Lines{"routes[0].via: ff02::2 is not a unicast address"});
  CHECK(of_route("to: 2001:db8:9::/48, via: 2001:db8:7::1") ==
        Lines{"routes[0].via: 2001:db8:7::1 is not on the subnet of any port, and no route but the "
              "default leads to it; a gateway must be reachable"});
  CHECK(of_route("to: default, via: 2001:db8::2, port: b") ==
        Lines{"routes[0].via: 2001:db8::2 is not on a subnet of port b; with on-link: true it need "
              "not be"});
  CHECK(of_route("to: default, via: fe80::2, port: c") ==
        Lines{"routes[0].port: c does not run IPv6; give it an IPv6 address, or ipv6: true"});
  CHECK(of_route("to: 2001:db8:9::/48, via: 2001:db8::2, from: 2001:db8::7") ==
        Lines{"routes[0].from: 2001:db8::7 is not an address of this router; a source must be"});
}

TEST_CASE("a destination of IPv6 is a prefix that is routed") {
  CHECK(of_route("to: 2001:db8::1/32, type: blackhole") ==
        Lines{"routes[0].to: 2001:db8::1/32 has host bits set; the prefix is 2001:db8::/32"});
  CHECK(of_route("to: \"2001:db8::/129\", type: blackhole") ==
        Lines{"routes[0].to: 2001:db8::/129 is not an IPv6 prefix"});
  CHECK(of_route("to: ff00::/8, type: blackhole") ==
        Lines{"routes[0].to: ff00::/8 are multicast addresses, which are not routed"});
  CHECK(of_route("to: ::1/128, type: blackhole") ==
        Lines{"routes[0].to: ::1/128 are addresses of no other host, which are not routed"});
  CHECK(problems(kPorts + "  - {to: \"::/0\", type: blackhole}\n"
                          "  - {to: default, via: 2001:db8::2}\n") ==
        Lines{"routes[1].to: default with metric 0 is already routed, on line 6"});
}

TEST_CASE("neighbors of both families arrive in one list") {
  const std::string ports = kPorts.substr(0, kPorts.find("routes"));
  const std::string mac = "mac: \"02:00:00:00:00:09\"}\n";
  const Config config =
      parsed(ports + "neighbors:\n  - {address: fe80::9, port: a, " + mac +
             "  - {address: 10.0.0.9, port: a, " + mac + "  - {address: fe80::9, port: b, " + mac);
  CHECK(config.neighbors.size() == 1);
  REQUIRE(config.neighbors6.size() == 2);
  CHECK(config.neighbors6[1] == StaticNeighbor6{address("fe80::9"), "b", Mac{{2, 0, 0, 0, 0, 9}}});
  const auto of = [&](const std::string& keys) {
    return problems(ports + "neighbors:\n  - {address: fe80::9, port: a, " + mac + "  - {" + keys +
                    ", " + mac);
  };
  CHECK(of("address: fe80::9, port: a") ==
        Lines{"neighbors[1].address: fe80::9 is already a neighbor, on line 6"});
  CHECK(of("address: ff02::9, port: a") ==
        Lines{"neighbors[1].address: ff02::9 is not a unicast address"});
  CHECK(of("address: fe80::9::1, port: a") ==
        Lines{"neighbors[1].address: fe80::9::1 is not an IPv6 address"});
  CHECK(of("address: fe80::9, port: c") ==
        Lines{"neighbors[1].port: c does not run IPv6; give it an IPv6 address, or ipv6: true"});
}

TEST_CASE("an IPv6 address that could not be read causes no further problems") {
  CHECK(problems("ports:\n  a: {device: net_null0, addresses: [\"2001:db8::x/64\"]}\n"
                 "routes:\n  - {to: default, via: 2001:db8::2}\n"
                 "  - {to: 2001:db8:9::/48, via: fe80::2, port: a}\n")
            .size() == 1);
  CHECK(problems("ports:\n  a: {device: net_null0, ipv6: x}\n"
                 "routes:\n  - {to: default, via: fe80::2, port: a}\n")
            .size() == 1);
}

TEST_CASE("items of a list of routes and of neighbors are written in the form of the file") {
  const Config config = parsed(kPorts + "  - {to: default, via: 2001:db8::2, metric: 9}\n");
  CHECK(to_yaml(std::span<const Route6>{config.routes6}, config) ==
        "  - {to: \"::/0\", via: 2001:db8::2, metric: 9}\n");
  const StaticNeighbor6 neighbor{address("2001:db8::"), "a", Mac{{2, 0, 0, 0, 0, 9}}};
  CHECK(to_yaml(std::span{&neighbor, 1}) ==
        "  - {address: \"2001:db8::\", port: a, mac: \"02:00:00:00:00:09\"}\n");
}

TEST_CASE("a fault of a route or neighbor is placed among those of its family") {
  const std::string yaml = kPorts +
                           "  - {to: default, via: 10.0.0.2}\n"
                           "  - {to: default, via: fe80::2, port: a}\n"
                           "  - {file: /dev/null, via: 10.0.0.2}\n"
                           "  - {file: /dev/null, via: [2001:db8::2]}\n";
  const auto shown = [&](Fault::At at, std::string_view field, bool ipv6) {
    const Fault fault{.what = "no", .at = at, .index = 0, .field = field, .ipv6 = ipv6};
    return place(yaml, "t", fault).to_string();
  };
  CHECK(shown(Fault::At::kRoute, "via", false) == "t:6:24: routes[0].via: no");
  CHECK(shown(Fault::At::kRoute, "via", true) == "t:7:24: routes[1].via: no");
  CHECK(shown(Fault::At::kRouteFile, "file", false) == "t:8:12: routes[2].file: no");
}

}  // namespace ringroad::config
