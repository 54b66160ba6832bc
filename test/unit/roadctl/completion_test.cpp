// SPDX-License-Identifier: BSD-3-Clause
#include "roadctl/completion.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace ringroad::roadctl {
namespace {

using nlohmann::json;
using Words = std::vector<std::string>;

Words after(const Words& typed) { return next_words(typed).words; }

TEST_CASE("a shell is told what may come next") {
  const Words groups = after({});
  REQUIRE(groups.size() >= 8);
  CHECK(Words{groups.begin(), groups.begin() + 3} == Words{"show", "route", "neighbor"});
  CHECK(after({"--json", "neigh"}) == Words{"add", "replace", "del", "flush"});
  CHECK(after({"bands", "delays"}) == Words{"on", "off", "reset"});
  CHECK(after({"route", "replace"}) == after({"route", "add"}));
  CHECK(after({"link", "set", "lan"}) == Words{"up", "down", "mtu", "mac"});
  CHECK(next_words(Words{"link", "set"}).ports);
  CHECK_FALSE(next_words(Words{"show", "memory"}).ports);
  CHECK(after({"fly"}).empty());
  CHECK(after({"show", "moon"}).empty());
}

TEST_CASE("a shell is told the values of words and options") {
  CHECK(after({"show", "routes", "--style"}) == Words{"ip", "route"});
  CHECK(after({"show", "neighbors", "state"}).front() == "INCOMPLETE");
  CHECK(after({"sh", "ro", "type"}) == Words{"unicast", "blackhole", "unreachable", "prohibit"});
  CHECK(after({"--color"}) == Words{"auto", "always", "never"});
  CHECK(after({"show", "ports", "--socket"}).empty());
  const NextWords routes = next_words(Words{"show", "routes"});
  CHECK(routes.prefixes);
  CHECK_FALSE(routes.ports);
  CHECK(routes.words.front() == "protocol");
  CHECK(routes.words.back() == "--summary");
  CHECK(next_words(Words{"route", "add", "10.0.0.0/8", "via"}).neighbors);
  CHECK(next_words(Words{"neigh", "del"}).neighbors);
  CHECK(next_words(Words{"address", "del"}).addresses);
  CHECK(next_words(Words{"trace", "port"}).ports);
}

TEST_CASE("what only the router knows is asked of it") {
  const auto ask = [](std::string_view what, const json& options) -> json {
    if (what == "ports") {
      return {{{"name", "wan"}, {"addresses", {"1.1.1.1/24", "2.2.2.2/24"}}}, {{"name", "lan"}}};
    }
    if (what == "routes") {
      CHECK(options == json{{"limit", 500}});
      return {{{"prefix", "10.0.0.0/8"}}, {{"prefix", "10.0.0.0/8"}}};
    }
    return json::array();
  };
  CHECK(router_words({.ports = true, .prefixes = true}, ask) == Words{"wan", "lan", "10.0.0.0/8"});
  CHECK(router_words({.neighbors = true, .addresses = true}, ask) ==
        Words{"1.1.1.1/24", "2.2.2.2/24"});
  CHECK(router_words({.words = {"x"}}, ask).empty());
}

}  // namespace
}  // namespace ringroad::roadctl
