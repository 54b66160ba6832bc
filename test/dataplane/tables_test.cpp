// SPDX-License-Identifier: BSD-3-Clause
// Routing tables, and the addresses that routes have as source.
#include <catch2/catch.hpp>

#include "asking.hpp"

using namespace ringroad;
using namespace ringroad::test;

TEST_CASE("forwarding asks the default table where main has nothing, and no other table") {
  auto config = Testbed::basic_config();
  config.tables = {{"lab", 100}};
  const Prefix4 wide{Ipv4{30, 0, 0, 0}, 8};
  const Prefix4 narrow{Ipv4{30, 1, 0, 0}, 16};
  config.routes = {{.to = Prefix4{Ipv4{31, 0, 0, 0}, 8}, .next_hops = {{kHostB, 1}}, .table = 100},
                   {.to = wide, .next_hops = {{kHostB, 1}}, .table = config::kDefaultTable}};
  Testbed bed{{.config = config}};
  bed.resolve_hosts();
  CHECK(reaches_b(bed, Ipv4{30, 1, 2, 3}));
  CHECK_FALSE(reaches_b(bed, Ipv4{31, 1, 2, 3}));
  // A shorter prefix of table main precedes a longer one of table default, as Linux's rules order
  // them.
  REQUIRE(bed.router->configuration().add_route(
      config::Route{.to = Prefix4{Ipv4{30, 0, 0, 0}, 7}, .next_hops = {{kHostA, 1}}}));
  REQUIRE(bed.router->configuration().add_route(
      config::Route{.to = narrow, .next_hops = {{kHostB, 1}}, .table = config::kDefaultTable}));
  CHECK_FALSE(reaches_b(bed, Ipv4{30, 1, 2, 3}));

  CHECK(ask(bed, {"show", "routes"}, {{"table", "lab"}}).at("ok").size() == 1);
  CHECK(ask(bed, {"show", "routes"}, {{"table", "100"}}).at("ok")[0].at("table") == "lab");
  CHECK(ask(bed, {"show", "routes"}, {{"table", "all"}}).at("ok").size() > 6);
  CHECK(ask(bed, {"show", "routes"}, {{"table", "blue"}}).contains("error"));
  CHECK(ask(bed, {"route", "del"}, {{"prefix", "31.0.0.0/8"}}).contains("error"));
  CHECK(ask(bed, {"route", "del"}, {{"prefix", "31.0.0.0/8"}, {"table", "lab"}}).contains("ok"));
  CHECK(bed.router->configuration().running_config().routes.size() == 3);
}

TEST_CASE("a second address of a subnet is one more of the router's, and the subnet one route") {
  auto config = Testbed::basic_config();
  config.ports[0].addresses.push_back({Ipv4{192, 168, 1, 9}, 24});
  Testbed bed{{.config = config}};
  bed.resolve_hosts();
  CHECK(main_routes(bed) == 2);
  auto fields = bed.from_a_to_b();
  fields.destination = Ipv4{192, 168, 1, 9};
  fields.protocol = 1;
  fields.payload = {8, 0, 0xf7, 0xfd, 0, 1, 0, 1};
  bed.receive(kPortA, make_ipv4(fields));
  bed.run();
  CHECK(bed.sent(kPortA).size() == 1);
}

TEST_CASE("a route's source is one of the router's addresses, and shown") {
  Testbed bed;
  const auto add = [&](const char* source) {
    return ask(bed, {"route", "add"},
               {{"prefix", "40.0.0.0/8"}, {"via", "192.168.2.2"}, {"source", source}});
  };
  CHECK(add("192.168.2.2").at("error") ==
        "40.0.0.0/8 src 192.168.2.2: that is not an address of this router");
  CHECK(add("192.168.1.1").contains("ok"));
  CHECK(ask(bed, {"route", "get"}, {{"address", "40.1.2.3"}}).at("ok").at("source") ==
        "192.168.1.1");
}
