// SPDX-License-Identifier: BSD-3-Clause
// The tables, and their order in a lookup.
#include <catch2/catch.hpp>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "fib/rib_routes.hpp"

namespace ringroad::fib {

TEST_CASE("the local table beats main whatever the metric") {
  Told4 told;
  Rib4 rib{told.listener()};
  REQUIRE(rib.add(route("192.168.1.1", 0)));
  auto local = local_route("192.168.1.1");
  local.metric = 1000;
  REQUIRE(rib.add(local));
  CHECK(rib.lookup(Ipv4{192, 168, 1, 1})->path.type == RouteType::kLocal);
  auto from_main = any("192.168.1.1");
  from_main.table = Table::kMain;
  CHECK(rib.erase(from_main)->table == Table::kMain);
  CHECK(rib.best(prefix("192.168.1.1"))->path == local.path);
}

TEST_CASE("a short prefix of local hides the longer ones of main that lie under it") {
  Told4 told;
  Rib4 rib{told.listener()};
  REQUIRE(rib.add(route("10.1.0.0/16", 0)));
  REQUIRE(rib.add(route("10.1.2.0/24", 0)));
  REQUIRE(rib.add(route("11.0.0.0/8", 0)));
  REQUIRE(rib.add(local_route("10.0.0.0/8")));
  CHECK(told.prefixes() == std::set{prefix("10.0.0.0/8"), prefix("11.0.0.0/8")});
  CHECK(rib.lookup(Ipv4{10, 1, 2, 3})->path.type == RouteType::kLocal);
  // A route below it stays hidden; a route that reaches beyond it does not.
  REQUIRE(rib.add(route("10.2.0.0/16", 0)));
  REQUIRE(rib.add(route("10.0.0.0/7", 0)));
  CHECK(told.prefixes() ==
        std::set{prefix("10.0.0.0/8"), prefix("11.0.0.0/8"), prefix("10.0.0.0/7")});

  CHECK(rib.erase(any("10.0.0.0/8")));
  CHECK(told.prefixes() == std::set{prefix("10.1.0.0/16"), prefix("10.1.2.0/24"),
                                    prefix("10.2.0.0/16"), prefix("11.0.0.0/8"),
                                    prefix("10.0.0.0/7")});
  CHECK(rib.lookup(Ipv4{10, 1, 2, 3})->prefix == prefix("10.1.2.0/24"));
}

TEST_CASE("what hides is there before what is hidden goes, and the other way round") {
  Told4 told;
  Rib4 rib{told.listener()};
  REQUIRE(rib.add(route("10.1.0.0/16", 0)));
  REQUIRE(rib.add(local_route("10.0.0.0/8")));
  CHECK(told.last == std::vector{prefix("10.0.0.0/8"), prefix("10.1.0.0/16")});
  CHECK(rib.erase(any("10.0.0.0/8")));
  CHECK(told.last == std::vector{prefix("10.1.0.0/16"), prefix("10.0.0.0/8")});
}

TEST_CASE("the default table is asked where main has nothing that covers the address") {
  Told4 told;
  Rib4 rib{told.listener()};
  REQUIRE(rib.add(in_table(Table::kDefault, "default")));
  REQUIRE(rib.add(in_table(Table::kDefault, "10.1.0.0/16")));
  CHECK(rib.lookup(Ipv4{10, 1, 2, 3})->table == Table::kDefault);
  REQUIRE(rib.add(route("10.0.0.0/8", 0)));
  CHECK(rib.lookup(Ipv4{10, 1, 2, 3})->prefix == prefix("10.0.0.0/8"));
  CHECK(rib.lookup(Ipv4{11, 1, 2, 3})->table == Table::kDefault);
  CHECK(told.prefixes() == std::set{Prefix4{}, prefix("10.0.0.0/8")});
  REQUIRE(rib.add(route("default", 0)));
  CHECK(rib.lookup(Ipv4{11, 1, 2, 3})->table == Table::kMain);
}

TEST_CASE("a named table is kept and shown, and forwards nothing") {
  Told4 told;
  Rib4 rib{told.listener()};
  constexpr Table kBlue{10};
  REQUIRE(rib.add(in_table(kBlue, "10.0.0.0/8")));
  REQUIRE(rib.add(route("11.0.0.0/8", 0)));
  CHECK(told.prefixes() == std::set{prefix("11.0.0.0/8")});
  CHECK_FALSE(rib.lookup(Ipv4{10, 0, 0, 1}));
  CHECK(rib.size() == 2);
  CHECK(rib.size(kBlue) == 1);
  CHECK(rib.tables() == std::vector{Table::kMain, kBlue});
  REQUIRE(rib.at(prefix("10.0.0.0/8")).size() == 1);
  CHECK_FALSE(rib.at(prefix("10.0.0.0/8")).front().best);
  // Only a selector that names the table deletes from it.
  CHECK_FALSE(rib.erase(any("10.0.0.0/8")));
  auto blue = any("10.0.0.0/8");
  blue.table = kBlue;
  CHECK(rib.erase(blue)->table == kBlue);
  CHECK(told.times == 1);
}

}  // namespace ringroad::fib
