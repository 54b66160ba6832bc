// SPDX-License-Identifier: BSD-3-Clause
// The firewall's connections: their number and their timeouts.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "config/difference.hpp"
#include "config/load.hpp"
#include "config/timeouts.hpp"

namespace ringroad::config {
namespace {

using Lines = std::vector<std::string>;

std::expected<Config, Problems> read(const std::string& firewall) {
  return parse("ports: {a: {device: net_null0}}\nfirewall: {" + firewall + "}\n", "t");
}

Config config_of(const std::string& firewall) {
  const auto config = read(firewall);
  INFO((config ? "" : config.error().front().to_string()));
  REQUIRE(config);
  return *config;
}

Lines problems(const std::string& firewall) {
  const auto config = read(firewall);
  Lines lines;
  if (!config) {
    for (const Problem& problem : config.error()) {
      lines.push_back(problem.key + ": " + problem.what);
    }
  }
  return lines;
}

Lines changes(const std::string& before, const std::string& after) {
  Lines lines;
  for (const Change& change : difference(config_of(before), config_of(after))) {
    lines.push_back(to_string(change) + (change.effect == Effect::kRestart ? " restart" : ""));
  }
  return lines;
}

}  // namespace

TEST_CASE("every key of connections arrives, and what is absent is as in Linux") {
  const Connections connections =
      config_of("connections: {max: 1000, loose: no, liberal: yes}").firewall.connections;
  CHECK(connections == Connections{.max = 1000, .loose = false, .liberal = true, .timeouts = {}});
  CHECK(Connections{}.max == 262144);
  CHECK(Connections{}.timeouts.tcp_established == std::chrono::hours{120});
  std::vector<Nanoseconds> seen;
  for (const Timeout& timeout : kTimeouts) {
    const auto key = timeout.key();
    INFO(key);
    const auto read = config_of(fmt::format("connections: {{timeouts: {{{}: 7s}}}}", key))
                          .firewall.connections.timeouts;
    ConnectionTimeouts wanted;
    wanted.*timeout.time = std::chrono::seconds{7};
    CHECK(read == wanted);
    CHECK_FALSE(read == ConnectionTimeouts{});
  }
}

TEST_CASE("connections go with rules, with a file of rules, and alone") {
  CHECK(problems("connections: {max: 9}").empty());
  CHECK(problems("rules: \"table ip t { }\", connections: {max: 9}").empty());
  CHECK(problems("") ==
        Lines{"firewall: needs ruleset, a file in the language of nft(8), or rules, its text"});
}

TEST_CASE("what is wrong with connections is said where it is") {
  CHECK(problems("connections: {maximum: 9}") ==
        Lines{"firewall.connections: unknown key 'maximum'; known: max, timeouts, loose, "
              "liberal"});
  CHECK(problems("connections: {timeouts: {tcp_establised: 9s}}") ==
        Lines{"firewall.connections.timeouts: unknown key 'tcp_establised'; did you mean "
              "'tcp_established'?"});
  CHECK(problems("connections: {max: 0}") ==
        Lines{"firewall.connections.max: 0 is outside 1..67108864"});
  CHECK(problems("connections: {timeouts: {udp: 10ms, udp_stream: 25d, icmp: 24d}}") ==
        Lines{"firewall.connections.timeouts.udp: 10ms is outside 1s..24d",
              "firewall.connections.timeouts.udp_stream: 25d is outside 1s..24d"});
}

TEST_CASE("connections are written as they were read, and only where they differ from Linux") {
  const auto written = [](const std::string& firewall) {
    const std::string yaml = to_yaml(config_of(firewall));
    const auto again = parse(yaml, "written");
    INFO(yaml);
    REQUIRE(again);
    CHECK(*again == config_of(firewall));
    const auto from = yaml.find("firewall:");
    return from == std::string::npos ? "" : yaml.substr(from, yaml.find("ecmp:") - from);
  };
  CHECK(written("connections: {max: 262144, timeouts: {udp: 30s}}").empty());
  CHECK(written("connections: {timeouts: {tcp_established: 48h, udp: 90s}, liberal: on, max: 5}") ==
        "firewall:\n  connections: {max: 5, liberal: true, "
        "timeouts: {tcp_established: 2d, udp: 90s}}\n");
  CHECK(written("connections: {loose: off}, rules: \"table ip t { }\"") ==
        "firewall:\n  connections: {loose: false}\n  rules: |2\n    table ip t { }\n");
}

TEST_CASE("timeouts change while packets flow, the size of the table does not") {
  CHECK(
      changes("connections: {max: 5}", "connections: {max: 6, loose: off, timeouts: {udp: 9s}}") ==
      Lines{"~ firewall.connections.max: 5 -> 6 restart",
            "~ firewall.connections.loose: true -> false",
            "~ firewall.connections.timeouts.udp: 30s -> 9s"});
}

}  // namespace ringroad::config
