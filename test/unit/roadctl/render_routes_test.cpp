// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/render_routes.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "roadctl/render.hpp"
#include "shown.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;

TEST_CASE("a route of several next hops has a line for each") {
  CHECK(text({"show", "routes"}, R"([
    {"prefix": "default", "table": "main", "protocol": "static", "metric": 0, "type": "unicast",
     "nexthops": [{"via": "203.0.113.1", "port": "wan", "weight": 2, "state": "REACHABLE"},
                  {"via": "192.168.1.2", "port": "lan", "weight": 1, "state": "FAILED"}]},
    {"prefix": "192.168.1.0/24", "table": "main", "protocol": "connected", "metric": 0,
     "type": "unicast", "nexthops": [{"via": null, "port": "lan", "weight": 1, "state": "up"}]},
    {"prefix": "10.66.0.0/16", "table": "main", "protocol": "static", "metric": 4294967295,
     "type": "blackhole", "nexthops": []}])") == R"(
PREFIX          TYPE       VIA          PORT  WEIGHT  STATE      PROTOCOL       METRIC  TABLE
default         unicast    203.0.113.1  wan        2  REACHABLE  static              0  main
                           192.168.1.2  lan        1  FAILED
192.168.1.0/24  unicast    -            lan        1  up         connected           0  main
10.66.0.0/16    blackhole  -            -          -  -          static     4294967295  main
)");
}

TEST_CASE("routes print as ip route and as route -n do, where that is asked for") {
  const json routes = json::parse(R"([
    {"prefix": "default", "table": "main", "protocol": "static", "metric": 0, "type": "unicast",
     "nexthops": [{"via": "203.0.113.1", "port": "wan", "weight": 2, "state": "REACHABLE"},
                  {"via": "192.168.1.2", "port": "lan", "weight": 1, "state": "linkdown"}]},
    {"prefix": "192.168.1.0/24", "table": "main", "protocol": "connected", "metric": 0,
     "type": "unicast", "source": "192.168.1.1",
     "nexthops": [{"via": null, "port": "lan", "weight": 1, "state": "linkdown"}]},
    {"prefix": "10.1.1.1", "table": "main", "protocol": "static", "metric": 20,
     "type": "unicast",
     "nexthops": [{"via": "10.9.9.9", "port": "wan", "weight": 1, "state": "recursive",
                   "recursive": {"prefix": "10.9.0.0/16",
                     "nexthops": [{"via": "203.0.113.1", "port": "wan"}]}}]},
    {"prefix": "10.66.0.0/16", "table": "7", "protocol": "static", "metric": 0,
     "type": "blackhole", "nexthops": []}])");
  const auto as = [&](RoutesStyle style) {
    std::string text{"\n"};
    text += RoutesView{style}.next_page(routes, {});
    return text;
  };
  CHECK(as(RoutesStyle::kIp) == R"(
default proto static
	nexthop via 203.0.113.1 dev wan weight 2
	nexthop via 192.168.1.2 dev lan weight 1 linkdown
192.168.1.0/24 dev lan proto connected scope link src 192.168.1.1 linkdown
10.1.1.1 via 10.9.9.9 recursive via 203.0.113.1 dev wan proto static metric 20
blackhole 10.66.0.0/16 table 7 proto static
)");
  CHECK(as(RoutesStyle::kRoute) == R"(
Destination     Gateway         Genmask         Flags Metric Ref    Use Iface
0.0.0.0         203.0.113.1     0.0.0.0         UG    0      0        0 wan
0.0.0.0         192.168.1.2     0.0.0.0         G     0      0        0 lan
192.168.1.0     0.0.0.0         255.255.255.0         0      0        0 lan
10.1.1.1        10.9.9.9        255.255.255.255 UGH   20     0        0 wan
10.66.0.0       -               255.255.0.0     !     0      0        0 -
)");
}

TEST_CASE("a gateway of the other family is printed as `ip route` does") {
  const json routes = json::parse(R"([
    {"family": 4, "prefix": "10.0.0.0/8", "table": "main", "protocol": "static", "metric": 0,
     "type": "unicast",
     "nexthops": [{"via": "fe80::2", "port": "wan", "weight": 1, "state": "REACHABLE"}]},
    {"family": 4, "prefix": "10.1.0.0/16", "table": "main", "protocol": "static", "metric": 0,
     "type": "unicast",
     "nexthops": [{"via": "192.0.2.1", "port": "lan", "weight": 1, "state": "REACHABLE"},
                  {"via": "fe80::2", "port": "wan", "weight": 2, "state": "REACHABLE"}]}])");
  CHECK(RoutesView{RoutesStyle::kIp}.next_page(routes, {}) ==
        "10.0.0.0/8 via inet6 fe80::2 dev wan proto static\n"
        "10.1.0.0/16 proto static\n"
        "\tnexthop via 192.0.2.1 dev lan weight 1\n"
        "\tnexthop via inet6 fe80::2 dev wan weight 2\n");
}

TEST_CASE("routes of IPv6 are printed as `ip -6 route` and `route -6 -n` do") {
  const json routes = json::parse(R"([
    {"family": 6, "prefix": "default", "table": "main", "protocol": "static", "metric": 1024,
     "type": "unicast",
     "nexthops": [{"via": "fe80::1", "port": "wan", "weight": 1, "state": "STALE"}]},
    {"family": 6, "prefix": "2001:db8::/64", "table": "main", "protocol": "connected", "metric": 256,
     "type": "unicast",
     "nexthops": [{"via": null, "port": "lan", "weight": 1, "state": "onlink"}]},
    {"family": 6, "prefix": "2001:db8::7", "table": "main", "protocol": "static", "metric": 0,
     "type": "blackhole", "nexthops": []}])");
  const auto as = [&](RoutesStyle style) {
    std::string text{"\n"};
    text += RoutesView{style}.next_page(routes, {});
    return text;
  };
  CHECK(as(RoutesStyle::kIp) == R"(
default via fe80::1 dev wan proto static metric 1024
2001:db8::/64 dev lan proto connected scope link metric 256
blackhole 2001:db8::7 proto static
)");
  CHECK(as(RoutesStyle::kRoute) == R"(
Destination                    Next Hop                   Flag Met    Ref    Use If
::/0                           fe80::1                    UG   1024   0        0 wan
2001:db8::/64                  ::                         U    256    0        0 lan
2001:db8::7/128                -                          !H   0      0        0 -
)");
}

TEST_CASE("the answer to route get begins as that of ip route get and then explains itself") {
  CHECK(text({"route", "get"}, R"(
    {"address": "198.51.100.7", "prefix": "198.51.100.0/24", "table": "main", "protocol": "static",
     "type": "unicast", "metric": 10, "via": "192.168.1.254", "port": "lan",
     "source": "192.168.1.1", "mac": "02:00:00:00:00:09", "neighbor_state": "STALE",
     "runners_up": [{"prefix": "default", "type": "unicast", "via": "203.0.113.1", "port": "wan"},
                    {"prefix": "198.0.0.0/8", "type": "blackhole", "via": null, "port": null}]})") ==
        R"(
198.51.100.7 via 192.168.1.254 dev lan src 192.168.1.1
    matched 198.51.100.0/24 in table main, protocol static, metric 10
    neighbor 192.168.1.254 STALE, mac 02:00:00:00:00:09
    otherwise default via 203.0.113.1 dev wan
    otherwise blackhole 198.0.0.0/8
)");
}

TEST_CASE("route get names the type of a route that forwards nothing") {
  CHECK(text({"route", "get"}, R"(
    {"address": "10.66.1.1", "prefix": "10.66.0.0/16", "table": "main", "protocol": "static",
     "type": "blackhole", "metric": 0, "via": null, "port": null, "source": null, "mac": null,
     "neighbor_state": null, "runners_up": []})") == R"(
blackhole 10.66.1.1
    matched 10.66.0.0/16 in table main, protocol static, metric 0
)");
}

TEST_CASE(
    "route get to a connected address tells of that neighbor, and the router's own words win") {
  CHECK(text({"route", "get"}, R"(
    {"address": "192.168.1.9", "prefix": "192.168.1.0/24", "table": "main",
     "protocol": "connected", "type": "unicast", "metric": 0, "via": null, "port": "lan",
     "mac": null, "neighbor_state": "INCOMPLETE", "text": "192.168.1.9 dev lan cache"})") == R"(
192.168.1.9 dev lan cache
    matched 192.168.1.0/24 in table main, protocol connected, metric 0
    neighbor 192.168.1.9 INCOMPLETE, no mac yet
)");
}

TEST_CASE(
    "route get tells which member of a group a flow takes, and how a far gateway is reached") {
  CHECK(text({"route", "get"}, R"(
    {"address": "10.1.2.3", "prefix": "10.0.0.0/8", "table": "main", "protocol": "static",
     "type": "unicast", "metric": 0, "via": "192.168.2.10", "port": "lan",
     "source": "192.168.2.1", "mac": "02:00:00:00:00:09", "neighbor_state": "REACHABLE",
     "flow": {"source": "192.168.1.2", "hash": 4660},
     "steps": [
       {"gateway": null, "buckets": 64, "nexthops": [
         {"via": "10.9.9.9", "port": "lan", "weight": 2, "buckets": 43, "taken": true,
          "state": "recursive"},
         {"via": "203.0.113.1", "port": "wan", "weight": 1, "buckets": 21, "taken": false,
          "state": "FAILED"}]},
       {"gateway": "10.9.9.9", "prefix": "10.9.0.0/16", "table": "main", "protocol": "static",
        "nexthops": [{"via": "192.168.2.10", "port": "lan"}]}],
     "runners_up": [
       {"prefix": "10.0.0.0/8", "table": "main", "metric": 20, "type": "unicast",
        "via": "203.0.113.1", "port": "wan", "reason": "higher metric"},
       {"prefix": "10.1.0.0/16", "table": "default", "metric": 0, "type": "blackhole",
        "reason": "table consulted later"}]})") ==
        R"(
10.1.2.3 via 192.168.2.10 dev lan src 192.168.2.1
    matched 10.0.0.0/8 in table main, protocol static, metric 0
    group of 2 in 64 buckets, from 192.168.1.2: hash 0x00001234
      > via 10.9.9.9     dev lan  weight 2  43 buckets  recursive
        via 203.0.113.1  dev wan  weight 1  21 buckets  FAILED
    gateway 10.9.9.9 through 10.9.0.0/16 in table main, protocol static
    neighbor 192.168.2.10 REACHABLE, mac 02:00:00:00:00:09
    otherwise 10.0.0.0/8 via 203.0.113.1 dev wan metric 20  higher metric
    otherwise blackhole 10.1.0.0/16 table default           table consulted later
)");
}

TEST_CASE("route get says so where no route matches") {
  CHECK(text({"route", "get"}, R"(
    {"address": "8.8.8.8", "type": "unreachable", "prefix": null, "runners_up": []})") == R"(
unreachable 8.8.8.8
    no route matches
)");
}

}  // namespace
}  // namespace ringroad::roadctl
