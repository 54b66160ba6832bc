// SPDX-License-Identifier: BSD-3-Clause
// The JSON schema and the parser must know the same keys.
#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "config/load.hpp"

namespace ringroad::config {
namespace {

nlohmann::json schema() {
  std::ifstream stream{std::string{SOURCE_ROOT} + "/config/ringroad.schema.json"};
  return nlohmann::json::parse(stream);
}

// The parser lists all known keys if a key resembles none of them.
std::set<std::string> keys_of_reader(const std::string& yaml) {
  const auto config = parse(yaml, "test.yaml");
  REQUIRE_FALSE(config);
  const std::string marker = "; known: ";
  for (const Problem& problem : config.error()) {
    if (const auto found = problem.what.find(marker); found != std::string::npos) {
      std::set<std::string> keys;
      std::istringstream list{problem.what.substr(found + marker.size())};
      for (std::string key; std::getline(list >> std::ws, key, ',');) {
        keys.insert(key);
      }
      return keys;
    }
  }
  return {};
}

std::set<std::string> keys_of_schema(const nlohmann::json& object) {
  std::set<std::string> keys;
  for (const auto& [key, value] : object.at("properties").items()) {
    INFO(key);
    CHECK(value.contains("description"));
    keys.insert(key);
  }
  CHECK(object.at("additionalProperties") == false);
  return keys;
}

}  // namespace

TEST_CASE("the schema describes every key that the reader knows, and no other") {
  const nlohmann::json root = schema();
  const auto at = [&](const char* path) { return root.at(nlohmann::json::json_pointer{path}); };
  const std::vector<std::pair<std::string, nlohmann::json>> objects{
      {"zzzzzz: 1", root},
      {"engine: {zzzzzz: 1}", at("/properties/engine")},
      {"engine: {memory: {zzzzzz: 1}}", at("/properties/engine/properties/memory")},
      {"engine: {http: {zzzzzz: 1}}", at("/properties/engine/properties/http")},
      {"ports: {a: {zzzzzz: 1}}", at("/$defs/port")},
      {"ports: {a: {arp: {zzzzzz: 1}}}", at("/$defs/arp_timers")},
      {"ports: {}\nvlans: {a.1: {zzzzzz: 1}}", at("/$defs/vlan")},
      {"routes: [{zzzzzz: 1}]", at("/$defs/route")},
      {"routes: [{nexthops: [{zzzzzz: 1}]}]", at("/$defs/nexthop")},
      {"neighbors: [{zzzzzz: 1}]", at("/$defs/neighbor")},
      {"schedulers: {a: {zzzzzz: 1}}", at("/$defs/scheduler")},
      {"schedulers: {a: {each: {0: {zzzzzz: 1}}}}", at("/$defs/scheduler_band")},
      {"arp: {zzzzzz: 1}", at("/properties/arp")},
      {"nd: {zzzzzz: 1}", at("/properties/nd")},
      {"ports: {a: {nd: {zzzzzz: 1}}}", at("/$defs/nd_timers")},
      {"ports: {a: {router_advertisements: {zzzzzz: 1}}}", at("/$defs/router_advertisements")},
      {"ports: {a: {router_advertisements: {prefixes: [{zzzzzz: 1}]}}}",
       at("/$defs/advertised_prefix")},
      {"ports: {a: {router_advertisements: {routes: [{zzzzzz: 1}]}}}",
       at("/$defs/advertised_route")},
      {"icmp: {zzzzzz: 1}", at("/properties/icmp")},
      {"ecmp: {zzzzzz: 1}", at("/properties/ecmp")},
      {"firewall: {zzzzzz: 1}", at("/properties/firewall")},
      {"firewall: {connections: {zzzzzz: 1}}", at("/$defs/connections")},
      {"firewall: {connections: {timeouts: {zzzzzz: 1}}}", at("/$defs/connection_timeouts")},
  };
  for (const auto& [yaml, object] : objects) {
    INFO(yaml);
    const std::set<std::string> known = keys_of_reader(yaml);
    CHECK_FALSE(known.empty());
    CHECK(known == keys_of_schema(object));
  }
}

}  // namespace ringroad::config
