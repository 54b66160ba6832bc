// SPDX-License-Identifier: BSD-3-Clause
#include <catch2/catch.hpp>
#include <cstddef>
#include <string>
#include <vector>

#include "roadctl/asking.hpp"

namespace ringroad::roadctl {
namespace {

using nlohmann::json;

// A router with prepared answers, and a terminal.
struct Stage {
  std::vector<json> answers{};
  std::vector<json> requests{};
  std::string printed{};
  std::vector<std::string> complaints{};
  std::vector<std::string> progress{};
  std::size_t pauses = 0;

  std::expected<void, Failure> carry_out(std::vector<std::string> verb, json options,
                                         bool as_json = false) {
    CommandLine line;
    line.verb = std::move(verb);
    line.options = std::move(options);
    line.json = as_json;
    return roadctl::carry_out(
        line, {.ask = [this](const json& request) -> std::expected<json, Failure> {
                 requests.push_back(request);
                 REQUIRE(requests.size() <= answers.size());
                 return answers[requests.size() - 1];
               },
               .print =
                   [this](std::string_view text) {
                     printed += text;
                     return true;
                   },
               .complain = [this](std::string_view what) { complaints.emplace_back(what); },
               .progress =
                   [this](std::string_view what, unsigned percent) {
                     progress.push_back(std::string{what} + " " + std::to_string(percent));
                   },
               .pause = [this] { ++pauses; },
               .wait = {}});
  }
};

json route(std::size_t number) {
  return {{"prefix", "10.0." + std::to_string(number / 256) + "." + std::to_string(number % 256)},
          {"metric", number},
          {"table", "main"}};
}

json page(std::size_t first, std::size_t count) {
  json routes = json::array();
  for (std::size_t i = first; i < first + count; ++i) {
    routes.push_back(route(i));
  }
  return routes;
}

TEST_CASE("routes are asked for page by page, and printed as one answer") {
  Stage stage{.answers = {page(0, 500), page(500, 500), page(1000, 7)}};
  REQUIRE(stage.carry_out({"show", "routes"}, {{"table", "all"}}, true));
  REQUIRE(stage.requests.size() == 3);
  CHECK(stage.requests[0].at("options") == json{{"table", "all"}, {"limit", 500}});
  CHECK(stage.requests[1].at("options").at("after") == route(499));
  CHECK(stage.requests[2].at("options").at("after") == route(999));
  CHECK(json::parse(stage.printed) == page(0, 1007));
  CHECK(stage.printed == page(0, 1007).dump(2) + "\n");
}

TEST_CASE("a page that ends with the routes is the last, though it is full") {
  Stage stage{.answers = {page(0, 500), json::array()}};
  REQUIRE(stage.carry_out({"show", "routes"}, json::object(), true));
  CHECK(json::parse(stage.printed) == page(0, 500));
}

TEST_CASE("a table of many pages has one heading and one set of columns") {
  Stage stage{.answers = {page(0, 500), page(500, 1)}};
  REQUIRE(stage.carry_out({"show", "routes"}, json::object()));
  CHECK(stage.printed.starts_with("PREFIX              TYPE"));
  CHECK(stage.printed.rfind("PREFIX") == 0);
  const auto last = stage.printed.substr(stage.printed.rfind('\n', stage.printed.size() - 2) + 1);
  CHECK(last.starts_with("10.0.1.244          -"));
}

json connection(std::size_t id) {
  return {{"proto", "tcp"},
          {"state", "ESTABLISHED"},
          {"timeout_seconds", 432000},
          {"orig", {{"src", "10.0.0.1"}, {"dst", "10.0.0.2"}, {"sport", id}, {"dport", 80}}},
          {"reply", {{"src", "10.0.0.2"}, {"dst", "10.0.0.1"}, {"sport", 80}, {"dport", id}}},
          {"mark", 0},
          {"packets", 5},
          {"bytes", 500},
          {"nat", nullptr},
          {"assured", true},
          {"replied", true},
          {"worker", id / 700},
          {"id", id % 700}};
}

json connections(std::size_t first, std::size_t count) {
  json rows = json::array();
  for (std::size_t i = first; i < first + count; ++i) {
    rows.push_back(connection(i));
  }
  return rows;
}

TEST_CASE("connections are asked for page by page, each after the worker and place of the last") {
  Stage stage{.answers = {connections(0, 500), connections(500, 500), connections(1000, 3)}};
  REQUIRE(stage.carry_out({"show", "connections"}, {{"proto", "tcp"}}, true));
  REQUIRE(stage.requests.size() == 3);
  CHECK(stage.requests[0].at("options") == json{{"proto", "tcp"}, {"limit", 500}});
  CHECK(stage.requests[1].at("options").at("after") == json{{"worker", 0}, {"id", 499}});
  CHECK(stage.requests[2].at("options").at("after") == json{{"worker", 1}, {"id", 299}});
  CHECK(json::parse(stage.printed) == connections(0, 1003));
}

TEST_CASE("connections of many pages are one table") {
  Stage stage{.answers = {connections(0, 500), connections(500, 1)}};
  REQUIRE(stage.carry_out({"show", "connections"}, json::object()));
  CHECK(stage.printed.rfind("PROTO") == 0);
  CHECK(stage.printed.find("10.0.0.1:500") != std::string::npos);
}

TEST_CASE("connections are counted by one request") {
  Stage stage{.answers = {{{"count", 3}, {"max", 262144}}}};
  REQUIRE(stage.carry_out({"show", "connections"}, {{"count", true}}));
  CHECK(stage.requests[0].at("options") == json{{"count", true}});
  CHECK(stage.printed == "3 connections, 262144 at most\n");
}

TEST_CASE("a route that is asked for and not there is said to be missing") {
  const auto [prefix, said] =
      GENERATE(table<std::string, std::string>({{"8.8.8.8", "no route covers 8.8.8.8\n"},
                                                {"8.8.8.0/24", "no route is to 8.8.8.0/24\n"},
                                                {"default", "no route is to default\n"}}));
  Stage people{.answers = {json::array()}};
  REQUIRE(people.carry_out({"show", "routes"}, {{"prefix", prefix}}));
  CHECK(people.printed == said);
  Stage programs{.answers = {json::array()}};
  REQUIRE(programs.carry_out({"show", "routes"}, {{"prefix", prefix}}, true));
  CHECK(json::parse(programs.printed) == json::array());
}

TEST_CASE("few routes are printed as any answer, and a prefix needs no pages") {
  Stage few{.answers = {page(0, 2)}};
  REQUIRE(few.carry_out({"show", "routes"}, json::object()));
  CHECK(few.printed.starts_with("PREFIX    TYPE"));
  Stage one{.answers = {page(0, 1)}};
  REQUIRE(one.carry_out({"show", "routes"}, {{"prefix", "10.0.0.0"}}));
  CHECK_FALSE(one.requests[0].at("options").contains("limit"));
}

TEST_CASE("neighbors too are asked for page by page") {
  const json last{{"address", "10.0.1.243"}, {"port", "lan"}};
  json full = json::array();
  full.get_ref<json::array_t&>().assign(499, {{"address", "10.0.0.1"}, {"port", "lan"}});
  full.push_back(last);
  Stage stage{.answers = {full, json::array({last})}};
  REQUIRE(stage.carry_out({"show", "neighbors"}, json::object(), true));
  REQUIRE(stage.requests.size() == 2);
  CHECK(stage.requests[0].at("options") == json{{"limit", 500}});
  CHECK(stage.requests[1].at("options") == json{{"limit", 500}, {"after", last}});
  CHECK(json::parse(stage.printed).size() == 501);
}

TEST_CASE("a load is followed to its end") {
  const json done{{"load", 7},
                  {"state", "done"},
                  {"percent", 100},
                  {"added", 5},
                  {"bad_lines", 3},
                  {"skipped_ipv6", 0},
                  {"complaints", {"f:1: bad"}},
                  {"error", nullptr}};
  Stage stage{.answers = {{{"load", 7}},
                          {{"load", 7}, {"state", "reading"}, {"percent", 40}},
                          {{"load", 7}, {"state", "adding"}, {"percent", 10}},
                          done}};
  REQUIRE(stage.carry_out({"route", "load"}, {{"file", "/tmp/f"}, {"via", "192.0.2.1"}}));
  REQUIRE(stage.requests.size() == 4);
  CHECK(stage.requests[0].at("verb") == json{"route", "load"});
  CHECK(stage.requests[1] == json{{"verb", {"show", "load"}}, {"options", {{"load", 7}}}});
  CHECK(stage.progress == std::vector<std::string>{"f: reading 40", "f: adding 10"});
  CHECK(stage.pauses == 2);
  CHECK(stage.complaints == std::vector<std::string>{"f:1: bad", "... and 2 more"});
  CHECK(stage.printed == "5 routes added, 3 bad lines skipped\n");
}

TEST_CASE("a load that failed is a refusal with its reason") {
  Stage stage{
      .answers = {{{"load", 7}}, {{"load", 7}, {"state", "failed"}, {"error", "f:3: bad line"}}}};
  const auto done = stage.carry_out({"route", "load"}, {{"file", "/tmp/f"}});
  REQUIRE_FALSE(done);
  CHECK(done.error().status == ExitStatus::kRefused);
  CHECK(done.error().reason == "f:3: bad line");
  CHECK(stage.printed.empty());
}

}  // namespace
}  // namespace ringroad::roadctl
