// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A router that reloads, and what its tests share.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "config/load.hpp"
#include "control/verbs.hpp"
#include "folder.hpp"
#include "snapshot.hpp"
#include "testbed.hpp"

namespace ringroad::test {

using nlohmann::json;

inline config::Config config_of(const std::string& yaml) {
  const auto config = config::parse(yaml, "/router.yaml");
  INFO(yaml);
  INFO((config ? "" : config.error().front().to_string()));
  REQUIRE(config);
  return *config;
}

// The devices have other names in each testbed.
inline std::string without_devices(std::string yaml) {
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

  // Returns the configuration with the devices of this router, and new ones for new ports.
  std::string with_devices(const std::string& yaml) {
    config::Config config = config_of(yaml);
    for (config::Port& port : config.ports) {
      const interface::InterfaceView* const known = bed.router->world().find_port(port.name);
      if (!port.vlan) {
        port.device = known != nullptr
                          ? bed.router->ports().at(known->egress.value())->settings().device
                          : bed.add_device(port.name);
      }
    }
    return config::to_yaml(config);
  }
  // Writes a file with these devices.
  std::string write(const std::string& yaml) { return write_text(with_devices(yaml)); }
  [[nodiscard]] std::string write_text(const std::string& text) const {
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
  Result<json> reload_text(const std::string& text) {
    return carry_out({"reload"}, {{"file", write_text(text)}});
  }
  void drain() {
    for (const auto& port : bed.router->ports()) {
      bed.discard(port->settings().id);
    }
  }

  Folder folder;
  Testbed bed;
};

inline std::vector<std::string> keys_of(const json& answer) {
  std::vector<std::string> keys;
  for (const json& change : answer.at("changes")) {
    keys.push_back(change.at("change").get<std::string>() + " " +
                   change.at("key").get<std::string>());
  }
  return keys;
}

inline constexpr const char* kPlain = R"(
arp: {notify: false}
ports:
  a: {device: net_ring0, addresses: [192.168.1.1/24]}
  b: {device: net_ring1, addresses: [192.168.2.1/24]}
routes:
  - {to: 10.0.0.0/8, via: 192.168.2.2}
)";

// Reloads until no step fails: the first time the first one does, then the second one, and so on.
// What fails changes nothing. Fails the test unless there are more steps than that.
inline void fail_each_step(Reloading& router, const std::string& yaml, std::size_t more_than) {
  const std::string before = State{router.bed}.text();
  const std::uint32_t buffers = router.bed.router->pools().free();
  std::size_t steps = 0;
  for (std::size_t failing = 0;; ++failing) {
    router.bed.router->reload().on_step = [&](std::size_t step) {
      steps = std::max(steps, step + 1);
      return step == failing ? Status{fail("no room")} : Status{};
    };
    const auto answer = router.reload(yaml);
    INFO("step " << failing << (answer ? "" : answer.error().what));
    if (failing >= steps) {
      CHECK(answer);
      break;
    }
    REQUIRE(!answer);
    CHECK(answer.error().what.ends_with("no room"));
    CHECK(difference(before, State{router.bed}.text()).empty());
    CHECK(router.bed.router->pools().free() == buffers);
  }
  CHECK(steps > more_than);
  router.bed.router->reload().on_step = nullptr;  // it refers to what ends here
}

// Reloads to this configuration and back to kPlain, in turns, while a flow from A to B goes on.
// Fails the test unless all of it arrives.
inline void lose_nothing_while_reloading(const std::string& yaml, int every_rounds) {
  Reloading router{kPlain};
  router.bed.resolve_hosts();
  const std::string plain = router.folder / "plain.yaml";
  std::filesystem::rename(router.write(kPlain), plain);
  lose_nothing_while(router.bed, make_ipv4(router.bed.from_a_to_b()), [&](int round) {
    router.bed.router->run_once();
    if (round % every_rounds == 0) {
      const json options{{"file", round % (2 * every_rounds) == 0 ? router.write(yaml) : plain}};
      const auto answer =
          control::carry_out(*router.bed.router, {{"verb", {"reload"}}, {"options", options}});
      INFO((answer ? "" : answer.error().what));
      REQUIRE(answer);
    }
  });
}

}  // namespace ringroad::test
