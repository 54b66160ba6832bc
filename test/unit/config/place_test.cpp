// SPDX-License-Identifier: BSD-3-Clause
// A value that the router refuses is reported with its line, as one that the parser refuses.
#include <catch2/catch.hpp>
#include <string>

#include "config/load.hpp"

namespace ringroad::config {
namespace {

const std::string kYaml =
    "vlans:\n"
    "  a.7: {addresses: [10.0.7.1/24]}\n"
    "routes:\n"
    "  - {to: default, via: 10.0.0.2}\n"
    "  - file: /dev/null\n"
    "    via: 10.0.0.2\n"
    "  - {to: 10.9.0.0/16, via: 10.0.0.3}\n"
    "ports:\n"
    "  a:\n"
    "    device: net_null0\n"
    "    addresses: [10.0.0.1/24]\n"
    "neighbors:\n"
    "  - {address: 10.0.0.9, port: a, mac: '02:00:00:00:00:09'}\n";

std::string shown(Fault fault) {
  fault.what = "no";
  return place(kYaml, "t", fault).to_string();
}

}  // namespace

TEST_CASE("a fault found by the router is placed where its value stands") {
  using At = Fault::At;
  REQUIRE(parse(kYaml, "t"));
  CHECK(shown({.what = "", .at = At::kPort, .port = "a", .field = "device"}) ==
        "t:10:13: ports.a.device: no");
  CHECK(shown({.what = "", .at = At::kPort, .port = "a.7", .field = "addresses"}) ==
        "t:2:20: vlans.a.7.addresses: no");
  CHECK(shown({.what = "", .at = At::kRoute, .index = 1}) == "t:7:5: routes[2]: no");
  CHECK(shown({.what = "", .at = At::kRoute, .index = 0, .field = "via"}) ==
        "t:4:24: routes[0].via: no");
  CHECK(shown({.what = "", .at = At::kRouteFile, .index = 0, .field = "file"}) ==
        "t:5:11: routes[1].file: no");
  CHECK(shown({.what = "", .at = At::kNeighbor, .index = 0, .field = "address"}) ==
        "t:13:15: neighbors[0].address: no");
}

TEST_CASE("a fault without a value of its own is placed at what is nearest") {
  using At = Fault::At;
  CHECK(shown({.what = "", .at = At::kPort, .port = "a", .field = "mtu"}) == "t:9:3: ports.a: no");
  CHECK(shown({.what = "", .at = At::kPort, .port = "none"}) == "t:1:1: vlans: no");
  CHECK(shown({.what = "", .at = At::kRoute, .index = 9}) == "t:3:1: routes: no");
  CHECK(shown({}) == "t: no");
  CHECK(place("ports: [", "t", {.what = "no", .at = At::kPort, .port = "a"}).to_string() ==
        "t: no");
  CHECK(place("/nonexistent.yaml", Fault{.what = "no"}).to_string() == "/nonexistent.yaml: no");
}

}  // namespace ringroad::config
