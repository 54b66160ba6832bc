// SPDX-License-Identifier: BSD-3-Clause
// A reload makes the router what a start with the file makes it, or changes nothing.
#include "control/reload.hpp"

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <random>
#include <string>

#include "config/load.hpp"
#include "control/verbs.hpp"
#include "folder.hpp"
#include "random_changes.hpp"
#include "reload_configs.hpp"
#include "snapshot.hpp"
#include "testbed.hpp"

namespace ringroad::test {
namespace {

using nlohmann::json;

config::Config config_of(const std::string& yaml) {
  const auto config = config::parse(yaml, "/router.yaml");
  INFO(yaml);
  INFO((config ? "" : config.error().front().to_string()));
  REQUIRE(config);
  return *config;
}

// The devices have other names in each testbed.
std::string without_devices(std::string yaml) {
  for (auto at = yaml.find("net_ring_"); at != std::string::npos; at = yaml.find("net_ring_", at)) {
    yaml.erase(at, yaml.find('\n', at) - at);
  }
  return yaml;
}

// What two routers have in common that run the same configuration.
struct State {
  explicit State(Testbed& bed) : snapshot{bed} {
    snapshot.config = without_devices(snapshot.config);
  }
  // A group that follows another one keeps its flows; a new one distributes them anew.
  [[nodiscard]] std::string text() const {
    Snapshot without_flows = snapshot;
    without_flows.flows.clear();
    return without_flows.text();
  }
  Snapshot snapshot;
};

// A router that reloads.
class Reloading {
 public:
  explicit Reloading(const std::string& yaml) : bed{{.config = config_of(yaml)}} {}

  // Writes a file with the devices of this router.
  std::string write(const std::string& yaml) {
    config::Config config = config_of(yaml);
    for (config::Port& port : config.ports) {
      for (const config::Port& running : bed.router->configuration().fixed().ports) {
        if (running.name == port.name) {
          port.device = running.device;
        }
      }
    }
    return write_text(config::to_yaml(config));
  }
  std::string write_text(const std::string& text) {
    const std::string file = folder / "router.yaml";
    std::ofstream{file} << text;
    return file;
  }
  Result<json> carry_out(const json& verb, const json& options = json::object()) {
    auto answer = control::carry_out(*bed.router, {{"verb", verb}, {"options", options}});
    bed.run();
    return answer;
  }
  Result<json> reload(const std::string& yaml, json options = json::object()) {
    options["file"] = write(yaml);
    return carry_out({"reload"}, options);
  }
  void drain() {
    for (const auto& port : bed.router->ports()) {
      bed.discard(port->settings().id);
    }
  }

  Folder folder;
  Testbed bed;
};

std::vector<std::string> keys_of(const json& answer) {
  std::vector<std::string> keys;
  for (const json& change : answer.at("changes")) {
    keys.push_back(change.at("change").get<std::string>() + " " +
                   change.at("key").get<std::string>());
  }
  return keys;
}

constexpr const char* kPlain = R"(
arp: {notify: false}
ports:
  a: {device: net_ring0, addresses: [192.168.1.1/24]}
  b: {device: net_ring1, addresses: [192.168.2.1/24]}
routes:
  - {to: 10.0.0.0/8, via: 192.168.2.2}
)";
constexpr const char* kOther = R"(
arp: {notify: false, retransmit: 2s}
ports:
  a: {device: net_ring0, addresses: [192.168.1.1/24], mtu: 1400}
  b: {device: net_ring1, addresses: [192.168.2.1/24, 192.168.3.1/24], rp_filter: strict}
tables: {green: 10}
routes:
  - {to: 10.0.0.0/8, via: 192.168.2.3}
  - {to: 10.5.0.0/16, type: blackhole}
  - {to: 10.6.0.0/16, via: 192.168.3.9, table: green, metric: 5}
neighbors:
  - {address: 192.168.2.9, port: b, mac: "02:00:00:00:00:09"}
icmp: {rate: 7}
)";

}  // namespace

TEST_CASE("a reload answers with what changed, and the router is as after a start") {
  std::string fresh;
  {
    Testbed bed{{.config = config_of(kOther)}};
    fresh = State{bed}.text();
  }
  Reloading router{kPlain};
  const auto answer = router.reload(kOther);
  INFO((answer ? "" : answer.error().what));
  REQUIRE(answer);
  CHECK(answer->at("applied") == true);
  CHECK(answer->at("routes") == json({{"added", 2}, {"removed", 0}, {"changed", 1}}));
  CHECK(keys_of(*answer) ==
        std::vector<std::string>{
            "changed ports.a.mtu", "added ports.b.addresses", "changed ports.b.rp_filter",
            "added tables.green", "added neighbors[192.168.2.9 port b]", "changed arp.retransmit",
            "changed icmp.rate", "added routes[10.6.0.0/16 metric 5 table green]",
            "changed routes[10.0.0.0/8]", "added routes[10.5.0.0/16]"});
  CHECK(difference(fresh, State{router.bed}.text()).empty());
  const auto again = router.reload(kOther);
  REQUIRE(again);
  CHECK(again->at("changes").empty());
}

TEST_CASE("a check of a reload changes nothing") {
  Reloading router{kPlain};
  const std::string before = State{router.bed}.text();
  const auto answer = router.reload(kOther, {{"check", true}});
  REQUIRE(answer);
  CHECK(answer->at("applied") == false);
  CHECK(answer->at("changes").size() == 10);
  CHECK(difference(before, State{router.bed}.text()).empty());
}

TEST_CASE("what changes were made since the start, a reload brings the router to the file") {
  Reloading router{kPlain};
  const std::string before = State{router.bed}.text();
  REQUIRE(router.carry_out({"route", "del"}, {{"prefix", "10.0.0.0/8"}}));
  REQUIRE(router.carry_out({"route", "add"}, {{"prefix", "10.1.0.0/16"}, {"via", "192.168.1.7"}}));
  REQUIRE(router.carry_out({"link", "set"}, {{"port", "a"}, {"mtu", 1300U}}));
  REQUIRE(router.carry_out({"link", "set"}, {{"port", "b"}, {"up", false}}));
  const auto answer = router.reload(kPlain);
  REQUIRE(answer);
  CHECK(keys_of(*answer) == std::vector<std::string>{"changed ports.a.mtu", "changed ports.b.up",
                                                     "added routes[10.0.0.0/8]",
                                                     "removed routes[10.1.0.0/16]"});
  CHECK(difference(before, State{router.bed}.text()).empty());
}

TEST_CASE("a reload that needs a restart, or a file with problems, changes nothing") {
  Reloading router{kPlain};
  const std::string before = State{router.bed}.text();
  const std::string file = router.write_text(
      "engine:\n  workers: [1, 2]\nports:\n  a: {device: net_ring0}\n  b: {device: net_ring1, "
      "mtu: 1400}\n");
  const auto refused = router.carry_out({"reload"}, {{"file", file}});
  REQUIRE(!refused);
  CHECK(refused.error().what.starts_with(
      file + ":2:3: engine.workers: from [1] to [1, 2] needs a restart\n"));
  CHECK(refused.error().what.find(":4:7: ports.a.device: from net_ring_a") != std::string::npos);
  CHECK(difference(before, State{router.bed}.text()).empty());

  const auto broken =
      router.carry_out({"reload"}, {{"file", router.write_text("ports: {a: {mtu: 1}}\n")}});
  REQUIRE(!broken);
  CHECK(broken.error().what.find(":1:18: ports.a.mtu: ") != std::string::npos);
  const auto absent = router.carry_out({"reload"}, {{"file", "/nowhere.yaml"}});
  REQUIRE(!absent);
  CHECK(absent.error().what == "/nowhere.yaml: cannot read: No such file or directory");
  CHECK(difference(before, State{router.bed}.text()).empty());
}

TEST_CASE("whichever step of a reload fails, nothing is changed") {
  Reloading router{kPlain};
  const std::string before = State{router.bed}.text();
  std::size_t steps = 0;
  for (std::size_t failing = 0;; ++failing) {
    router.bed.router->reload().on_step = [&](std::size_t step) {
      steps = std::max(steps, step + 1);
      return step == failing ? Status{fail("no room")} : Status{};
    };
    const auto answer = router.reload(kOther);
    if (failing >= steps) {
      CHECK(answer);
      break;
    }
    REQUIRE(!answer);
    CHECK(answer.error().what.ends_with("no room"));
    INFO("step " << failing);
    CHECK(difference(before, State{router.bed}.text()).empty());
  }
  CHECK(steps > 5);
}

TEST_CASE("a reload goes back by itself unless it is confirmed") {
  Reloading router{kPlain};
  const std::string before = State{router.bed}.text();
  const auto answer = router.reload(kOther, {{"confirm", 60U}});
  REQUIRE(answer);
  CHECK(answer->at("confirm_seconds") == 60);
  const std::string after = State{router.bed}.text();
  router.bed.advance(59s);
  CHECK(difference(after, State{router.bed}.text()).empty());

  // Nothing else may change the router meanwhile.
  const auto second = router.reload(kPlain);
  REQUIRE(!second);
  CHECK(second.error().what.find("roadctl confirm") != std::string::npos);
  CHECK(!router.carry_out({"route", "del"}, {{"prefix", "10.0.0.0/8"}}));

  router.bed.advance(2s);
  CHECK(difference(before, State{router.bed}.text()).empty());
  CHECK(!router.carry_out({"confirm"}));

  REQUIRE(router.reload(kOther, {{"confirm", 60U}}));
  REQUIRE(router.carry_out({"confirm"}));
  router.bed.advance(61s);
  CHECK(difference(after, State{router.bed}.text()).empty());
  CHECK(!router.carry_out({"confirm"}));
}

TEST_CASE("a flow that a reload does not touch loses no packet") {
  Reloading router{kPlain};
  router.bed.resolve_hosts();
  const std::string one = router.write(kPlain);
  std::filesystem::rename(one, router.folder / "plain.yaml");
  const std::string other = router.write(std::string{kOther});
  lose_nothing_while(router.bed, make_ipv4(router.bed.from_a_to_b()), [&](int round) {
    router.bed.router->run_once();
    if (round % 8 == 0) {
      const json options{{"file", round % 16 == 0 ? other : router.folder / "plain.yaml"}};
      const auto answer =
          control::carry_out(*router.bed.router, {{"verb", {"reload"}}, {"options", options}});
      REQUIRE(answer);
    }
  });
}

TEST_CASE("of random pairs of configurations, a reload from one to the other is like a start") {
  for (unsigned seed = 0; seed < 60; ++seed) {
    INFO("seed " << seed);
    RandomReload random{seed};
    const std::string from = random.valid();
    const std::string to = random.valid();
    std::string fresh;
    {
      Testbed bed{{.config = config_of(to)}};
      bed.run();
      fresh = State{bed}.text();
    }
    Reloading router{from};
    if (seed % 2 == 0) {
      RandomChanges changes{seed};
      for (int i = 0; i < 20; ++i) {
        static_cast<void>(control::carry_out(*router.bed.router, changes.next().json()));
        router.bed.run();
      }
    }
    const std::string before = State{router.bed}.text();
    router.drain();
    const auto answer = router.reload(to);
    INFO(from << "-----\n" << to);
    INFO((answer ? "" : answer.error().what));
    REQUIRE(answer);
    CHECK(difference(fresh, State{router.bed}.text()).empty());
    router.drain();
  }
}

}  // namespace ringroad::test
