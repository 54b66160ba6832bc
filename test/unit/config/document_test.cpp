// SPDX-License-Identifier: BSD-3-Clause
// YAML itself: which parts of it are allowed, the positions of values, and hostile input.
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "config/load.hpp"

namespace ringroad::config {
namespace {

std::expected<Config, Problems> parse_text(const std::string& yaml) {
  return parse(yaml, "test.yaml");
}

std::string first_problem(const std::string& yaml) {
  const auto config = parse_text(yaml);
  REQUIRE_FALSE(config);
  REQUIRE_FALSE(config.error().empty());
  return config.error().front().to_string();
}

}  // namespace

TEST_CASE("anchors, aliases, comments, document marks and CRLF are fine") {
  const auto config = parse_text(
      "%YAML 1.2\r\n---\r\nports: # all of them\r\n"
      "  a: {device: net_tap0, addresses: &none []}\r\n"
      "  b: {device: 'net_tap1', addresses: *none, mtu: \"1400\"}\r\n...\r\n");
  REQUIRE(config);
  CHECK(config->ports[1].device == "net_tap1");
  CHECK(config->ports[1].mtu == 1400);
}

TEST_CASE("a byte order mark is fine") {
  CHECK(parse_text("\xef\xbb\xbfports: {a: {device: net_tap0}}").has_value());
}

TEST_CASE("what an alias repeats is reported where the alias stands") {
  CHECK(first_problem("ports:\n  a: {device: &d net_tap0}\n  b: {device: *d}\n") ==
        "test.yaml:3:15: ports.b.device: net_tap0 is the device of the port on line 2");
}

TEST_CASE("a node inside itself ends") {
  CHECK(first_problem("&a [*a]") == "test.yaml:1:1: is a list; a mapping is wanted");
  CHECK_FALSE(parse_text("ports: &a {x: *a, device: *a}"));
  CHECK_FALSE(parse_text("routes: &a [*a, {to: *a, nexthops: *a}]"));
}

TEST_CASE("text that makes yaml-cpp's own loader run forever ends") {
  CHECK_FALSE(parse_text(","));
  CHECK_FALSE(parse_text(",>a [*a]"));
}

TEST_CASE("an empty item is reported at its own dash") {
  const std::string head = "ports: {a: {device: net_tap0}}\nroutes:\n";
  CHECK(first_problem(head + "- {to: 1.0.0.0/8, type: prohibit}\n-\n\n# x\nicmp: {}\n") ==
        "test.yaml:4:1: routes[1]: has no value");
  CHECK(first_problem(head + "  -\n") == "test.yaml:3:3: routes[0]: has no value");
  CHECK(first_problem("routes: [~]\n" + head.substr(0, 31)) ==
        "test.yaml:1:10: routes[0]: has no value");
}

TEST_CASE("a file over the limit is refused before it is parsed") {
  CHECK(first_problem(std::string((std::size_t{1} << 20U) + 1, '[')) ==
        "test.yaml: is larger than 1MiB; long lists of routes belong in a route file");
}

TEST_CASE("more problems than anyone reads are cut, and that is said") {
  std::string yaml = "routes: [";
  for (int i = 0; i < 5000; ++i) {
    yaml += "x,";
  }
  const auto config = parse_text(yaml + "]");
  REQUIRE_FALSE(config);
  CHECK(config.error().size() == 1001);
  CHECK(config.error().back().what == "has more problems than are listed");
}

TEST_CASE("control characters reach no message") {
  const auto config = parse_text("\"\\e[2J\": 1\nports: {\"\\a\": {device: \"\\x9b\\r\"}}");
  REQUIRE_FALSE(config);
  for (const Problem& problem : config.error()) {
    for (const char c : problem.to_string()) {
      CHECK(static_cast<unsigned char>(c) >= ' ');
    }
  }
}

TEST_CASE("random damage to a good file is read or reported, never more") {
  const std::string good = R"(engine: {workers: [1], memory: {size: 64MiB}}
ports:
  wan: &w
    device: net_tap0,iface=x
    addresses: [10.0.0.1/24, 10.1.0.1/16]
    scheduler: edge
routes:
  - {to: default, via: 10.0.0.2, metric: 7}
  - to: 10.9.0.0/16
    nexthops: [{via: 10.0.0.2, weight: 2}, {via: 10.1.0.3}]
neighbors: [{address: 10.0.0.9, port: wan, mac: "02:00:00:00:00:09"}]
schedulers:
  edge: {bands: 4, rate: 10Mbit, burst: 2KiB}
  core:
    {discipline: drr, strict: 1, dscp: {ef: 0, 10: 2}, overhead: ethernet, limit_bytes: 9KiB,
     each: {0: {rate: 1Mbit, ceil: 2Mbit}, 2: {weight: 3, aqm: fq_codel, target: 1ms}}}
arp: {base_reachable: 30s, gc_thresh: [1, 2, 3]}
)";
  const std::vector<std::string> pieces{"[",    "]",  "{",    "}",    ":",
                                        ": ",   ",",  "- ",   "? ",   "&w ",
                                        "*w",   "\n", "\n  ", "\t",   "#",
                                        "\"",   "'",  "|\n",  ">\n",  "---\n",
                                        "!!x ", "~",  "%",    "\x80", "999999999999999999999"};
  std::mt19937 random{7};
  int accepted = 0;
  for (int round = 0; round < 4000; ++round) {
    std::string text = good;
    for (unsigned edits = 1 + random() % 4; edits > 0; --edits) {
      const std::size_t place = random() % text.size();
      const std::size_t cut = random() % 3 == 0 ? random() % 20 : 0;
      text.replace(place, cut, pieces[random() % pieces.size()]);
    }
    const auto config = parse_text(text);
    accepted += config ? 1 : 0;
    if (!config && config.error().empty()) {
      FAIL("refused without a problem: " << text);
    }
    if (config) {
      const auto again = parse_text(to_yaml(*config));
      if (!again || *again != *config) {
        FAIL("does not come back: " << text);
      }
    }
  }
  CHECK(accepted > 10);
}

}  // namespace ringroad::config
