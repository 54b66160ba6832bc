// SPDX-License-Identifier: BSD-3-Clause
// A YAML mapping has no order (YAML 1.2, 3.2.1.1): a reference to a name may come before the name.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include "config/load.hpp"

namespace ringroad::config {
namespace {

using Sections = std::vector<std::pair<std::string, std::string>>;

Config parsed(const std::string& yaml) {
  const auto config = parse(yaml, "test.yaml");
  INFO(yaml);
  INFO((config ? "" : config.error().front().to_string()));
  REQUIRE(config);
  return *config;
}

std::vector<std::string> problems(const std::string& yaml) {
  const auto config = parse(yaml, "test.yaml");
  std::vector<std::string> lines;
  if (!config) {
    std::ranges::transform(config.error(), std::back_inserter(lines), &Problem::to_string);
  }
  return lines;
}

std::string written(const Sections& sections) {
  std::string yaml;
  for (const auto& [name, text] : sections) {
    yaml += name + ":\n" + text;
  }
  return yaml;
}

// The order of ports determines their numbers, so configurations are compared as sets of ports.
Config sorted(Config config) {
  std::ranges::sort(config.ports, {}, &Port::name);
  std::ranges::sort(config.schedulers, {}, &Scheduler::name);
  std::ranges::sort(config.tables, {}, &RouteTable::number);
  return config;
}

}  // namespace

TEST_CASE("sections may stand in any order") {
  Sections sections{
      {"ports",
       "  a: {device: net_null0, addresses: [10.0.0.1/24], scheduler: slow}\n"
       "  b: {device: net_null1, arp: {gc_stale: 9s}}\n"},
      {"vlans", "  a.7: {addresses: [10.0.7.1/24, 2001:db8::1/64], nd: {gc_stale: 9s}}\n"},
      {"schedulers", "  slow: {rate: 10Mbit}\n"},
      {"tables", "  other: 7\n"},
      {"routes",
       "  - {to: 10.9.0.0/16, via: 10.0.7.9, table: other}\n"
       "  - {to: default, via: 2001:db8::9, table: other}\n"},
      {"neighbors", "  - {address: 10.0.7.9, port: a.7, mac: \"02:00:00:00:00:09\"}\n"},
      {"arp", "  retransmit: 2s\n"},
      {"nd", "  retransmit: 3s\n"}};
  std::ranges::sort(sections);
  const Config first = parsed(written(sections));
  CHECK(first.ports.at(1).arp->retransmit == std::chrono::seconds{2});
  CHECK(first.ports.at(2).nd->retransmit == std::chrono::seconds{3});
  while (std::ranges::next_permutation(sections).found) {
    REQUIRE(parsed(written(sections)) == first);
  }
}

TEST_CASE("entries of a section may stand in any order") {
  const std::string kind = GENERATE("named", "linked");
  std::vector<std::string> vlans =
      kind == "named"
          ? std::vector<std::string>{"a.1: {mtu: 1400}", "a.1.2: {}", "a.3: {}", "a.3.4: {}"}
          : std::vector<std::string>{"w: {id: 1, link: a, mtu: 1400}", "z: {id: 2, link: w}",
                                     "y: {id: 3, link: a}", "x: {id: 4, link: y}"};
  std::ranges::sort(vlans);
  const auto with = [](const std::vector<std::string>& entries) {
    return parsed(fmt::format("vlans:\n  {}\nports:\n  a: {{device: net_null0}}\n",
                              fmt::join(entries, "\n  ")));
  };
  const Config first = sorted(with(vlans));
  CHECK(std::ranges::count(first.ports, 1400, &Port::mtu) == 2);
  do {
    const Config config = with(vlans);
    // The router sets ports up in this order: a link before its sub-interfaces.
    for (auto port = config.ports.begin(); port != config.ports.end(); ++port) {
      if (port->vlan) {
        CHECK(std::ranges::find(config.ports.begin(), port, port->vlan->link, &Port::name) != port);
      }
    }
    REQUIRE(sorted(config) == first);
    CHECK(parsed(to_yaml(config)) == config);
  } while (std::ranges::next_permutation(vlans).found);
}

TEST_CASE("keys of a mapping may stand in any order") {
  const auto [before, keys] = GENERATE(
      std::pair{std::string{"ports: {a: {device: net_null0}}\nschedulers: {s: {"},
                std::vector<std::string>{"bands: 2", "discipline: drr", "strict: 1",
                                         "each: {1: {weight: 2}}", "dscp: {ef: 0}"}},
      std::pair{std::string{"ports: {a: {device: net_null0}}\nvlans: {v: {"},
                std::vector<std::string>{"id: 7", "link: a", "mtu: 1000", "protocol: 802.1ad"}});
  std::vector<std::string> order = keys;
  std::ranges::sort(order);
  const auto with = [&](const std::vector<std::string>& entries) {
    return parsed(fmt::format("{}{}}}}}\n", before, fmt::join(entries, ", ")));
  };
  const Config first = with(order);
  while (std::ranges::next_permutation(order).found) {
    REQUIRE(with(order) == first);
  }
}

TEST_CASE("links that lead to no port are refused, each with its line") {
  const std::string port = "ports: {eth0: {device: net_null0}}\n";
  CHECK(problems(port + "vlans:\n  v: {id: 7, link: v}\n") ==
        std::vector<std::string>{
            "test.yaml:3:20: vlans.v.link: v is its own link; a link is a port, or leads to one"});
  CHECK(problems(port + "vlans:\n  a: {id: 7, link: b}\n  b: {id: 8, link: a}\n") ==
        std::vector<std::string>{
            "test.yaml:3:20: vlans.a.link: b is on a in its turn; links lead to a port at last",
            "test.yaml:4:20: vlans.b.link: a is on b in its turn; links lead to a port at last"});
  // A sub-interface whose link is part of a loop is not reported itself.
  CHECK(problems(port + "vlans:\n  c: {id: 6, link: a}\n  a: {id: 7, link: b}\n"
                        "  b: {id: 8, link: a}\n")
            .size() == 2);
  CHECK(problems(port + "vlans:\n  c: {id: 9, link: b}\n  b: {id: 8, link: a}\n"
                        "  a: {id: 7, link: eth0}\n") ==
        std::vector<std::string>{
            "test.yaml:3:20: vlans.c.link: b has two tags already; a frame has at most two"});
}

TEST_CASE("a thousand links in a ring have an end") {
  std::string yaml = "ports: {eth0: {device: net_null0}}\nvlans:\n";
  for (int i = 0; i < 900; ++i) {
    yaml += fmt::format("  v{}: {{id: 7, link: v{}}}\n", i, (i + 1) % 900);
  }
  CHECK(problems(yaml).size() == 900);
}

}  // namespace ringroad::config
