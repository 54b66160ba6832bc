// SPDX-License-Identifier: BSD-3-Clause
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "roadctl/asking.hpp"
#include "roadctl/fields.hpp"
#include "roadctl/rates.hpp"
#include "roadctl/sort_rows.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;

TEST_CASE("a counter's rate is what it grew by a second, row by row") {
  const json before = json::parse(R"([{"name":"wan","rx_packets":100,"mtu":1500,"rx_missed":9},
    {"name":"lan","rx_packets":7,"device_losses":{"packets":1}}])");
  json now = json::parse(R"([{"name":"lan","rx_packets":27,"device_losses":{"packets":5}},
    {"name":"wan","rx_packets":100,"mtu":9000,"rx_missed":3},{"name":"new","rx_packets":1}])");
  add_rates(now, before, 2);
  CHECK(now == json::parse(R"([{"name":"lan","rx_packets":27,"rx_packets@rate":10.0,
    "device_losses":{"packets":5,"packets@rate":2.0}},
    {"name":"wan","rx_packets":100,"rx_packets@rate":0.0,"mtu":9000,"rx_missed":3},
    {"name":"new","rx_packets":1}])"));
}

TEST_CASE("a counter is printed with its rate") {
  const json row{{"packets", 1234567}, {"packets@rate", 61728.4}, {"polls", 3}};
  CHECK(count(row, "packets", {}).text == "1234567 +61728/s");
  CHECK(count(row, "packets", {.short_counts = true}).text == "1.23M +61728/s");
  CHECK(count(row, "polls", {}).text == "3");
  CHECK(short_count(99'999) == "99999");
  CHECK(short_count(100'000) == "100k");
  CHECK(short_count(999'499) == "999k");
  CHECK(short_count(999'500) == "1.00M");
  CHECK(short_count(18446744073709551615U) == "18.4E");
}

TEST_CASE("rows are sorted by number, address and text, upwards and downwards") {
  const auto sorted = [](const char* rows, const std::string& key) {
    json answer = json::parse(rows);
    REQUIRE(sort_rows(answer, key));
    std::string order;
    for (const json& row : answer) {
      order += words(row, "id");
    }
    return order;
  };
  CHECK(sorted(R"([{"id":"a","n":10},{"id":"b","n":9.5},{"id":"c"},{"id":"d","n":100}])", "n") ==
        "badc");
  CHECK(sorted(R"([{"id":"a","n":10},{"id":"b","n":9.5},{"id":"c"},{"id":"d","n":100}])", "-n") ==
        "dabc");
  CHECK(sorted(R"([{"id":"a","p":"10.0.0.0/9"},{"id":"b","p":"9.0.0.1"},{"id":"c","p":"10.0.0.0/8"},
                  {"id":"d","p":"default"},{"id":"e","p":"10.0.0.0"}])",
               "p") == "dbcae");
  CHECK(sorted(R"([{"id":"a","p":"2001:db8::/32"},{"id":"b","p":"default","family":6},
                   {"id":"c","p":"2001:db8::/31"},{"id":"d","p":"default","family":4},
                   {"id":"e","p":"fe80::1"},{"id":"f","p":"255.0.0.0/8"}])",
               "p") == "dfbcae");
  CHECK(sorted(R"([{"id":"a","s":"wan"},{"id":"b","s":"lan"}])", "s") == "ba");
  CHECK(sorted("[]", "anything").empty());
}

TEST_CASE("a key that no row has is refused with those that there are") {
  json answer = json::parse(R"([{"packets":1,"reason":"x","ports":{}}])");
  CHECK(sort_rows(answer, "-packet").error().what ==
        "--sort packet: no row has such a key; did you mean 'packets'?");
  json object = json::object();
  CHECK(sort_rows(object, "x").error().what == "--sort: this answer has no rows");
}

TEST_CASE("a command is repeated until it is told to end, or fails") {
  std::vector<double> waits;
  std::string printed;
  std::uint64_t packets = 0;
  CommandLine line;
  line.verb = {"show", "drops"};
  line.watch_seconds = 2;
  Surroundings around{.ask = [&](const json&) -> std::expected<json, Failure> {
                        if (packets == 3) {
                          return std::unexpected{Failure{ExitStatus::kNoRouter, "gone"}};
                        }
                        return json::array({{{"reason", "no_route"}, {"packets", ++packets}}});
                      },
                      .print =
                          [&](std::string_view text) {
                            printed += text;
                            return true;
                          },
                      .complain = {},
                      .progress = {},
                      .pause = {},
                      .wait =
                          [&](double seconds) {
                            waits.push_back(seconds);
                            return waits.size() != 2;
                          }};
  SECTION("elsewhere than on a terminal, answers follow each other") {
    REQUIRE(carry_out(line, around));
    CHECK(waits == std::vector{2.0, 2.0});
    CHECK(printed.find("no_route        1") != std::string::npos);
    CHECK(printed.find("\n\nREASON") != std::string::npos);
    CHECK(printed.find("2 +") != std::string::npos);
  }
  SECTION("on a terminal, each takes the place of the one before") {
    around.clears = true;
    REQUIRE(carry_out(line, around));
    CHECK(printed.starts_with("\033[H\033[2Jevery 2s: roadctl show drops\n\nREASON"));
  }
  SECTION("with --json, each is a line") {
    line.json = true;
    REQUIRE(carry_out(line, around));
    CHECK(printed ==
          "[{\"packets\":1,\"reason\":\"no_route\"}]\n"
          "[{\"packets\":2,\"reason\":\"no_route\"}]\n");
  }
  SECTION("a router that is gone ends it") {
    packets = 2;
    const Outcome done = carry_out(line, around);
    REQUIRE_FALSE(done);
    CHECK(done.error().status == ExitStatus::kNoRouter);
  }
}

}  // namespace
}  // namespace ringroad::roadctl
