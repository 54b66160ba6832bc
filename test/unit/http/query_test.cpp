// SPDX-License-Identifier: BSD-3-Clause
#include "http/query.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "http/drop_class.hpp"
#include "http/site.hpp"

namespace ringroad::http {

using nlohmann::json;

TEST_CASE("a path of the API is a verb") {
  CHECK(verb_of("/api/v1/show/routes") == "show routes");
  CHECK(verb_of("/api/v1/show/ports/") == "show ports");
  CHECK(verb_of("/api/v1/explain") == "explain");
  for (const std::string path :
       {"/", "/api/v1", "/api/v1/", "/api/v1//", "/api/v1//show", "/api/v1/show//ports",
        "/api/v2/show", "/api/v1/show/ports//", "/api/v1/show ports", "/api/v1/SHOW",
        "/api/v1/show/../ports", "/api/v1/show/\xc3\xa4", "api/v1/show"}) {
    INFO(path);
    CHECK(verb_of(path).empty());
  }
}

TEST_CASE("only verbs that read are offered") {
  for (const std::string verb : {"show", "show ports", "show routes", "explain"}) {
    CHECK(only_reads(verb));
  }
  for (const std::string verb :
       {"", "route add", "route get", "link set", "neighbor flush", "shows", "trace", "capture",
        "reload", "explain more", "bands delays"}) {
    CHECK_FALSE(only_reads(verb));
  }
}

TEST_CASE("a value that is JSON is JSON, any other is a string") {
  const auto value = [](const std::string& text) { return options_of({{"a", text}})->at("a"); };
  CHECK(value("10.0.0.0/8") == json("10.0.0.0/8"));
  CHECK(value("500") == json(500));
  CHECK(value("true") == json(true));
  CHECK(value("") == json(true));
  CHECK(value("\"500\"") == json("500"));
  CHECK(value(R"({"prefix": "0.0.0.0/0"})") == json({{"prefix", "0.0.0.0/0"}}));
  CHECK(value("{broken") == json("{broken"));
  CHECK(value(std::string(4000, '[')) == json(std::string(4000, '[')));
  CHECK(value("a b\"c\\") == json("a b\"c\\"));
}

TEST_CASE("an option that is there twice is refused") {
  CHECK(*options_of({}) == json::object());
  CHECK(*options_of({{"a", "1"}, {"b", "x"}}) == json({{"a", 1}, {"b", "x"}}));
  const auto twice = options_of({{"a", "1"}, {"a", "2"}});
  REQUIRE_FALSE(twice);
  CHECK(twice.error().status == 400);
}

TEST_CASE("secrets of devices are not shown") {
  const auto hidden = [](std::string text) {
    hide_secrets(text);
    return text;
  };
  CHECK(hidden(R"({"device":"net_memif0,secret=abc,id=3"})") ==
        R"({"device":"net_memif0,secret=***,id=3"})");
  CHECK(hidden(R"({"device":"net_memif0,secret=abc"})") == R"({"device":"net_memif0,secret=***"})");
  CHECK(hidden(R"({"yaml":"device: \"net_memif0,secret=a\\\"b\"\n  mtu"})") ==
        R"({"yaml":"device: \"net_memif0,secret=***\n  mtu"})");
  CHECK(hidden(R"({"yaml":"device: net_memif0,secret=x: y\n  mtu: 3"})") ==
        R"({"yaml":"device: net_memif0,secret=***\n  mtu: 3"})");
  CHECK(hidden("secret=") == "secret=***");
  CHECK(hidden("secret=\\") == "secret=***");
  CHECK(hidden("no secrets") == "no secrets");
}

TEST_CASE("every drop reason has a class") {
  for (std::size_t i = 0; i < stats::kDropReasons; ++i) {
    CHECK_FALSE(class_of(static_cast<stats::DropReason>(i)).empty());
  }
  CHECK(class_of(stats::DropReason::kBandFull) == "overload");
  CHECK(class_of(stats::DropReason::kNoRoute) == "unroutable");
}

}  // namespace ringroad::http
