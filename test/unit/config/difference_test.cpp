// SPDX-License-Identifier: BSD-3-Clause
#include "config/difference.hpp"

#include <fmt/format.h>

#include <array>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "config/load.hpp"

namespace ringroad::config {
namespace {

using nlohmann::json;

constexpr std::string_view kBase = R"(
engine: {workers: [1]}
ports:
  a: {device: net_null0, addresses: [10.0.0.1/24, 10.0.1.1/24], scheduler: s}
  b: {device: net_null1, addresses: [10.1.0.1/24]}
vlans:
  a.7: {addresses: [10.2.0.1/24]}
tables: {green: 10}
routes:
  - {to: 10.9.0.0/16, via: 10.0.0.2}
neighbors:
  - {address: 10.0.0.9, port: a, mac: "02:00:00:00:00:09"}
schedulers:
  s: {rate: 1Gbit}
)";

Config config_of(std::string_view text) {
  const auto config = parse(text, "router.yaml");
  for (const Problem& problem : config ? Problems{} : config.error()) {
    UNSCOPED_INFO(problem.to_string());
  }
  REQUIRE(config.has_value());
  return *config;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

std::vector<std::string> lines(std::string_view from, std::string_view to) {
  std::vector<std::string> lines;
  for (const Change& change :
       difference(config_of(kBase), config_of(replaced(std::string{kBase}, from, to)))) {
    lines.push_back(to_string(change) + (change.effect == Effect::kRestart ? " (restart)" : ""));
  }
  return lines;
}

using Lines = std::vector<std::string>;

TEST_CASE("a configuration does not differ from itself") {
  CHECK(difference(config_of(kBase), config_of(kBase)).empty());
}

TEST_CASE("each difference is one line with its key, and says whether it needs a restart") {
  CHECK(lines("net_null1, addr", "net_null1, mtu: 1400, addr") ==
        Lines{"~ ports.b.mtu: 1500 -> 1400"});
  CHECK(lines("[10.0.0.1/24, 10.0.1.1/24]", "[10.0.0.1/24, 10.0.3.1/24]") ==
        Lines{"- ports.a.addresses: 10.0.1.1/24", "+ ports.a.addresses: 10.0.3.1/24"});
  CHECK(lines("[10.0.0.1/24, 10.0.1.1/24]", "[10.0.1.1/24, 10.0.0.1/24]") ==
        Lines{"~ ports.a.addresses: [10.0.0.1/24, 10.0.1.1/24] -> [10.0.1.1/24, 10.0.0.1/24]"});
  CHECK(lines("workers: [1]", "workers: [1, 2]") ==
        Lines{"~ engine.workers: [1] -> [1, 2] (restart)"});
  CHECK(lines("net_null1,", "net_null2,") == Lines{"~ ports.b.device: net_null1 -> net_null2"});
  CHECK(lines("{green: 10}", "{red: 11}") == Lines{"+ tables.red: 11", "- tables.green: 10"});
  CHECK(lines("00:09\"", "00:0a\"") ==
        Lines{"~ neighbors[10.0.0.9 port a].mac: 02:00:00:00:00:09 -> 02:00:00:00:00:0a"});
  CHECK(lines("tables:", "arp: {retransmit: 2s}\ntables:") == Lines{"~ arp.retransmit: 1s -> 2s"});
  CHECK(lines("tables:", "icmp: {rate: 5}\ntables:") == Lines{"~ icmp.rate: 1000 -> 5"});
  CHECK(lines("[10.1.0.1/24]}", "[10.1.0.1/24], rp_filter: strict, dad: on}") ==
        Lines{"~ ports.b.rp_filter: off -> strict", "~ ports.b.dad: false -> true"});
}

TEST_CASE("each difference of what IPv6 adds is one line with its key") {
  CHECK(lines("10.1.0.1/24]", "10.1.0.1/24, 2001:db8::1/64]") ==
        Lines{"+ ports.b.addresses: 2001:db8::1/64"});
  CHECK(lines("net_null1,", "net_null1, ipv6: true, accept_ra: true,") ==
        Lines{"~ ports.b.ipv6: false -> true", "~ ports.b.accept_ra: false -> true"});
  CHECK(lines("net_null1,", "net_null1, router_advertisements: {prefixes: [2001:db8::/64]},") ==
        Lines{"~ ports.b.router_advertisements: none -> {interval: 10m, prefixes: [{prefix: "
              "2001:db8::/64}]}"});
  CHECK(lines("net_null1,", "net_null1, nd: {gc_stale: 1s},") ==
        Lines{"~ ports.b.nd: those of all ports -> {base_reachable: 30s, retransmit: 1s, "
              "delay_first_probe: 5s, gc_stale: 1s, unicast_probes: 3, multicast_probes: 3}"});
  CHECK(lines("schedulers:", "nd: {dad_transmits: 0, retransmit: 2s}\nschedulers:") ==
        Lines{"~ nd.retransmit: 1s -> 2s", "~ nd.dad_transmits: 1 -> 0"});
  CHECK(difference(config_of(kBase),
                   [] {
                     Config config = config_of(kBase);
                     config.neighbors6.push_back(
                         {Ipv6{0xfe80ULL << 48U, 9}, "a", Mac{{2, 0, 0, 0, 0, 9}}});
                     return config;
                   }())
            .at(0)
            .key == "neighbors[fe80::9 port a]");
}

TEST_CASE("routes are left to the tables") { CHECK(lines("10.9.0.0/16", "10.8.0.0/16").empty()); }

// A '*' stands for any name.
bool covers(std::string_view pattern, std::string_view key) {
  return key == pattern ||
         (key.starts_with(pattern) && (key[pattern.size()] == '.' || key[pattern.size()] == '['));
}

void walk(const json& root, const json& given, const std::string& path,
          std::set<std::string>& keys) {
  const json* object = &given;
  while (object->contains("$ref")) {
    const auto pointer = object->at("$ref").get<std::string>().substr(1);
    object = &root.at(json::json_pointer{pointer});
  }
  bool leaf = true;
  if (object->contains("properties")) {
    for (const auto& [key, value] : object->at("properties").items()) {
      walk(root, value, path.empty() ? key : fmt::format("{}.{}", path, key), keys);
      leaf = false;
    }
  }
  if (object->contains("additionalProperties") && object->at("additionalProperties").is_object()) {
    walk(root, object->at("additionalProperties"), path + ".*", keys);
    leaf = false;
  }
  if (leaf) {
    keys.insert(path);
  }
}

TEST_CASE("it is decided of each key whether the running router takes it over") {
  std::ifstream stream{std::string{SOURCE_ROOT} + "/config/ringroad.schema.json"};
  const json root = json::parse(stream);
  std::set<std::string> keys;
  walk(root, root, "", keys);
  REQUIRE(keys.size() > 20);
  for (const std::string& key : keys) {
    const bool decided =
        std::ranges::any_of(rules(), [&](const Rule& rule) { return covers(rule.pattern, key); });
    INFO(key);
    CHECK(decided);
  }
}

TEST_CASE("a key has its place in the file, or that of the part in which it would be") {
  constexpr std::string_view kText =
      "engine:\n  workers: [1]\nports:\n  a: {device: net_null0}\nvlans:\n  a.7: {mtu: 1400}\n";
  const auto at = [&](std::string_view key) {
    const Problem problem = place(kText, "router.yaml", key, "x");
    return std::pair{problem.line, problem.column};
  };
  CHECK(at("engine.workers") == std::pair{2, 3});
  CHECK(at("engine.control") == std::pair{1, 1});
  CHECK(at("vlans.a.7.mtu") == std::pair{6, 9});
  CHECK(at("ports.a.queues") == std::pair{4, 3});
  CHECK(place(kText, "router.yaml", "engine.workers", "x").to_string() ==
        "router.yaml:2:3: engine.workers: x");
}

}  // namespace
}  // namespace ringroad::config
