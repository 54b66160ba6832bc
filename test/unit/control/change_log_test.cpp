// SPDX-License-Identifier: BSD-3-Clause
#include "control/change_log.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace ringroad::control;
using nlohmann::json;

TEST_CASE("requests that change something are known, and written in words") {
  for (const char* const verb : {R"(["show"])", R"(["show","routes"])", R"(["route","get"])",
                                 R"(["trace"])", R"(["capture"])", R"(["explain"])"}) {
    CHECK_FALSE(is_change(json::parse(verb)));
  }
  for (const char* const verb : {R"(["route","add"])", R"(["link","set"])", R"(["log","level"])",
                                 R"(["bands","delays"])", R"(["reload"])"}) {
    CHECK(is_change(json::parse(verb)));
  }
  CHECK(words_of(json::parse(R"({"verb": ["route", "add"], "options": {
            "prefix": "10.0.0.0/8", "via": "192.168.1.2", "metric": 5, "onlink": true,
            "table": null}})")) == "route add metric 5 onlink prefix 10.0.0.0/8 via 192.168.1.2");
  CHECK(words_of(json::parse(R"({"verb": ["link", "set"], "options": {"up": false}})")) ==
        "link set up off");
  const std::string longer =
      words_of({{"verb", {"route", "add"}}, {"options", {{"prefix", std::string(5000, 'x')}}}});
  CHECK(longer.size() < 400);
}
