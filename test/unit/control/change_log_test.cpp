// SPDX-License-Identifier: BSD-3-Clause
#include "control/change_log.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "base/log.hpp"

using namespace ringroad;
using namespace ringroad::control;
using namespace std::chrono_literals;
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

TEST_CASE("of very many changes in one second some are logged, and how many were not") {
  log::set_up("info");
  const std::size_t before = log::history(1000).size();
  Clock clock{Clock::Manual{}};
  ChangeLog changes{clock};
  const auto note = [&](int number) {
    changes.note({{"verb", {"route", "add"}}, {"options", {{"metric", number}}}}, ucred{},
                 Reply{Result<json>{json::object()}});
  };
  for (int i = 0; i < 30; ++i) {
    note(i);
  }
  CHECK(log::history(1000).size() == before + 20);
  changes.settle();  // the second is not over
  CHECK(log::history(1000).size() == before + 20);
  clock.advance(1s);
  changes.settle();
  const std::vector<log::Event> events = log::history(1000);
  REQUIRE(events.size() == before + 21);
  CHECK(events.back().what == "10 more changes over the control socket in that second");
  CHECK(events.back().fields == log::Fields{{"changes", "10"}});
  note(30);
  CHECK(log::history(1).back().what.starts_with("route add metric 30: by "));
}
