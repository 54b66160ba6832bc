// SPDX-License-Identifier: BSD-3-Clause
// A reload makes the router what a start with the file makes it, or changes nothing.
#include "control/reload.hpp"

#include <rte_ethdev.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <variant>

#include "base/prefix.hpp"
#include "config/load.hpp"
#include "control/verbs.hpp"
#include "fib/prefix_file.hpp"
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
      const interface::InterfaceView* const known = bed.router->world().find_port(port.name);
      if (!port.vlan) {
        port.device = known != nullptr
                          ? bed.router->ports().at(known->egress.value())->settings().device
                          : bed.add_device(port.name);
      }
    }
    return write_text(config::to_yaml(config));
  }
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
      "engine:\n  workers: [1, 2]\nports:\n  a: {queues: 3, device: net_ring0}\n  b: {device: "
      "net_ring1, mtu: 1400}\n");
  const auto refused = router.carry_out({"reload"}, {{"file", file}});
  REQUIRE(!refused);
  CHECK(refused.error().what.starts_with(
      file + ":2:3: engine.workers: from [1] to [1, 2] needs a restart\n"));
  CHECK(refused.error().what.find(":4:7: ports.a.queues: ") != std::string::npos);
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

constexpr const char* kWithPort = R"(
arp: {notify: false}
ports:
  a: {device: net_ring0, addresses: [192.168.1.1/24]}
  b: {device: net_ring1, addresses: [192.168.2.1/24]}
  c: {device: net_ring2, addresses: [192.168.3.1/24], scheduler: slow}
vlans:
  c.5: {addresses: [10.5.0.1/24]}
schedulers: {slow: {discipline: prio, bands: 2}}
routes:
  - {to: 10.0.0.0/8, via: 192.168.3.2}
neighbors:
  - {address: 192.168.3.2, port: c, mac: "02:00:00:00:00:0c"}
)";

TEST_CASE("whichever step of a reload with a new port fails, nothing is changed") {
  Reloading router{kPlain};
  const std::string before = State{router.bed}.text();
  const std::uint32_t buffers = router.bed.router->pools().free();
  std::size_t steps = 0;
  for (std::size_t failing = 0;; ++failing) {
    router.bed.router->reload().on_step = [&](std::size_t step) {
      steps = std::max(steps, step + 1);
      return step == failing ? Status{fail("no room")} : Status{};
    };
    const auto answer = router.reload(kWithPort);
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
  CHECK(steps > 10);
}

TEST_CASE("a port comes and goes with a reload") {
  Reloading router{kPlain};
  Testbed& bed = router.bed;
  bed.resolve_hosts();
  constexpr PortId kPortC{2};
  const auto names = [&] {
    std::string all;
    const auto ports = router.carry_out({"show", "ports"});
    for (const json& port : ports.value()) {
      all += port.at("name").get<std::string>() + " ";
    }
    return all;
  };
  // The number of frames that reach C, of packets from host A to the network behind it.
  const auto reach_c = [&] {
    router.drain();
    Ipv4Fields fields = bed.from_a_to_b();
    fields.destination = Ipv4{10, 1, 2, 3};
    bed.receive(kPortA, make_ipv4(fields));
    bed.run();
    return bed.sent(kPortC).size();
  };
  auto answer = router.reload(kWithPort, {{"confirm", 10U}});
  INFO((answer ? "" : answer.error().what));
  REQUIRE(answer);
  CHECK(keys_of(*answer).front() == "added ports.c");
  CHECK(names() == "a b c c.5 ");
  CHECK(reach_c() == 1);
  CHECK(bed.router->workers()[0]->tx(kPortC)->bands().discipline().bands == 2);
  // Frames that it receives are forwarded, and its addresses answer.
  Ipv4Fields back = bed.from_b_to_a();
  back.source = Ipv4{10, 1, 2, 3};
  Frame frame = make_ipv4(back);
  std::ranges::copy(bed.mac(kPortC).octets, frame.begin());
  router.drain();
  bed.receive(kPortC, frame);
  bed.run();
  CHECK(bed.sent(kPortA).size() == 1);
  bed.receive(kPortC, make_arp(1, kMacB, {192, 168, 3, 9}, {}, {192, 168, 3, 1}, kBroadcastMac));
  bed.run();
  CHECK(bed.sent(kPortC).size() == 1);

  // Nobody confirms: it is gone, and its device closed.
  const std::string device = bed.router->ports().at(2)->settings().device;
  std::uint16_t number = 0;
  CHECK(rte_eth_dev_get_port_by_name(device.c_str(), &number) == 0);
  bed.advance(11s);
  CHECK(names() == "a b ");
  CHECK(reach_c() == 0);
  CHECK(rte_eth_dev_get_port_by_name(device.c_str(), &number) != 0);

  // It comes again, with another device; and goes, first on trial, then for good.
  REQUIRE(router.reload(kWithPort));
  constexpr PortId kPortAgain{3};
  CHECK(names() == "a b c c.5 ");
  CHECK(reach_c() == 0);
  CHECK(bed.sent(kPortAgain).size() == 1);
  const std::string again = bed.router->ports().at(3)->settings().device;
  answer = router.reload(kPlain, {{"confirm", 10U}});
  INFO((answer ? "" : answer.error().what));
  REQUIRE(answer);
  CHECK(names() == "a b ");
  CHECK(rte_eth_dev_get_port_by_name(again.c_str(), &number) == 0);
  bed.advance(11s);
  CHECK(names() == "a b c c.5 ");
  CHECK(reach_c() == 0);
  CHECK(bed.sent(kPortAgain).size() == 1);
  REQUIRE(router.reload(kPlain));
  CHECK(names() == "a b ");
  CHECK(rte_eth_dev_get_port_by_name(again.c_str(), &number) != 0);
  // What it lost is still told.
  CHECK(router.carry_out({"show", "drops"}));
}

TEST_CASE("a port gets another device with a reload, but no device that another port has") {
  Reloading router{kPlain};
  router.bed.resolve_hosts();
  const std::string device = router.bed.add_device("b");
  const std::string old = router.bed.router->ports().at(1)->settings().device;
  std::ifstream file{router.write(kPlain)};
  std::string yaml{std::istreambuf_iterator<char>{file}, {}};
  yaml.replace(yaml.find(old), old.size(), device);
  const auto answer = router.carry_out({"reload"}, {{"file", router.write_text(yaml)}});
  INFO((answer ? "" : answer.error().what));
  REQUIRE(answer);
  constexpr PortId kNew{2};
  router.bed.receive(kNew, [&] {
    Frame frame = router.bed.reply_from_b();
    std::ranges::copy(router.bed.mac(kNew).octets, frame.begin());
    return frame;
  }());
  router.bed.run();
  router.drain();
  router.bed.receive(kPortA, make_ipv4(router.bed.from_a_to_b()));
  router.bed.run();
  CHECK(!router.bed.sent(kNew).empty());
  CHECK(router.bed.sent(kPortB).empty());

  yaml.replace(yaml.find("  b:"), 4, "  z:");
  const auto refused = router.carry_out({"reload"}, {{"file", router.write_text(yaml)}});
  REQUIRE(!refused);
  CHECK(refused.error().what.find("ports.z.device: port b has " + device) != std::string::npos);
}

TEST_CASE("a port that was refused can be added once its settings are right") {
  Reloading router{kPlain};
  const std::string before = State{router.bed}.text();
  std::ifstream file{router.write(kPlain)};
  std::string yaml{std::istreambuf_iterator<char>{file}, {}};
  yaml.replace(yaml.find("ports:\n"), 7, "ports:\n  n: {device: net_null8, mtu: 9000}\n");
  for (int i = 0; i < 2; ++i) {
    const auto refused = router.carry_out({"reload"}, {{"file", router.write_text(yaml)}});
    REQUIRE(!refused);
    CHECK(refused.error().what.find("ports.n.mtu: ") != std::string::npos);
    CHECK(difference(before, State{router.bed}.text()).empty());
  }
  yaml.replace(yaml.find("9000"), 4, "1500");
  const auto answer = router.carry_out({"reload"}, {{"file", router.write_text(yaml)}});
  INFO((answer ? "" : answer.error().what));
  CHECK(answer);
}

TEST_CASE("a device with other arguments is the same device") {
  Reloading router{kPlain};
  std::ifstream file{router.write(kPlain)};
  std::string yaml{std::istreambuf_iterator<char>{file}, {}};
  yaml.replace(yaml.find("ports:\n"), 7, "ports:\n  n: {device: \"net_null7\"}\n");
  REQUIRE(router.carry_out({"reload"}, {{"file", router.write_text(yaml)}}));
  const std::string before = State{router.bed}.text();
  yaml.replace(yaml.find("net_null7"), 9, "net_null7,size=100");
  const auto refused = router.carry_out({"reload"}, {{"file", router.write_text(yaml)}});
  REQUIRE(!refused);
  CHECK(refused.error().what.find("ports.n.device: port n has net_null7; remove it") !=
        std::string::npos);
  CHECK(difference(before, State{router.bed}.text()).empty());
}

TEST_CASE("a port that the machine does not have is refused at its line") {
  Reloading router{kPlain};
  const std::string before = State{router.bed}.text();
  std::ifstream file{router.write(kPlain)};
  std::string yaml{std::istreambuf_iterator<char>{file}, {}};
  yaml.replace(yaml.find("ports:\n"), 7,
               "ports:\n  c: {device: \"net_af_packet7,iface=nowhere\"}\n");
  const auto refused = router.carry_out({"reload"}, {{"file", router.write_text(yaml)}});
  REQUIRE(!refused);
  CHECK(refused.error().what.find("ports.c.device: port c (net_af_packet7,iface=nowhere): ") !=
        std::string::npos);
  CHECK(difference(before, State{router.bed}.text()).empty());
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

TEST_CASE("a flow loses no packet while a port comes and goes") {
  Reloading router{kPlain};
  router.bed.resolve_hosts();
  const std::string plain = router.folder / "plain.yaml";
  std::filesystem::rename(router.write(kPlain), plain);
  lose_nothing_while(router.bed, make_ipv4(router.bed.from_a_to_b()), [&](int round) {
    router.bed.router->run_once();
    if (round % 40 == 0) {
      const json options{{"file", round % 80 == 0 ? router.write(kWithPort) : plain}};
      const auto answer =
          control::carry_out(*router.bed.router, {{"verb", {"reload"}}, {"options", options}});
      INFO((answer ? "" : answer.error().what));
      REQUIRE(answer);
    }
  });
}

TEST_CASE("the bands of a new scheduler take over what waits, in its order") {
  const std::string shaped =
      std::string{kPlain} + "schedulers: {slow: {rate: 100kbit, burst: 2KiB}}\n";
  const std::string slow = std::string{shaped}.replace(shaped.find("[192.168.2.1/24]"), 16,
                                                       "[192.168.2.1/24], scheduler: slow");
  Reloading router{slow};
  router.bed.resolve_hosts();
  const auto frame = [&](std::uint16_t number, std::uint8_t tos) {
    Ipv4Fields fields = router.bed.from_a_to_b();
    fields.tos = tos;
    fields.payload.assign(1000, static_cast<std::uint8_t>(number));
    return make_ipv4(fields);
  };
  constexpr int kFrames = 60;
  for (int i = 0; i < kFrames; ++i) {
    router.bed.receive(kPortA, frame(static_cast<std::uint16_t>(i), i % 2 == 0 ? 0 : 0x10));
  }
  router.bed.run();
  std::vector<Frame> sent = router.bed.sent(kPortB);
  CHECK(sent.size() < 10);
  const auto answer = router.reload(shaped);
  INFO((answer ? "" : answer.error().what));
  REQUIRE(answer);
  CHECK(keys_of(*answer) == std::vector<std::string>{"changed ports.b.scheduler"});
  router.bed.run();
  std::ranges::move(router.bed.sent(kPortB), std::back_inserter(sent));
  REQUIRE(sent.size() == kFrames);
  CHECK(router.bed.all_drops() == 0);
  for (const unsigned parity : {0U, 1U}) {
    std::vector<unsigned> numbers;
    for (const Frame& one : sent) {
      if (one.back() % 2 == parity) {
        numbers.push_back(one.back());
      }
    }
    CHECK(std::ranges::is_sorted(numbers));
  }
  const auto bands = router.carry_out({"show", "bands"}, {{"port", "b"}});
  REQUIRE(bands);
  std::uint64_t packets = 0;
  for (const json& band : bands->at(0).at("bands")) {
    packets += band.at("sent_packets").get<std::uint64_t>();
  }
  CHECK(packets >= kFrames);

  // And back, to bands of other numbers.
  const std::string drr =
      std::string{slow}.replace(slow.find("{rate"), 5, "{discipline: drr, bands: 8, rate");
  REQUIRE(router.reload(drr, {{"confirm", 5U}}));
  CHECK(router.bed.router->workers()[0]->tx(kPortB)->bands().discipline().bands == 8);
  router.bed.advance(6s);
  CHECK(router.bed.router->workers()[0]->tx(kPortB)->bands().discipline().bands == 3);
}

TEST_CASE("sub-interfaces come and go with a reload") {
  const std::string none = kPlain;
  const std::string one = none + "vlans: {a.7: {addresses: [10.7.0.1/24]}}\n";
  const std::string other = none + "vlans: {a.7: {id: 8, addresses: [10.7.0.1/24]}}\n";
  Reloading router{none};
  router.bed.resolve_hosts();
  const auto answers = [&](std::uint16_t vlan) {
    router.drain();
    router.bed.receive(kPortA,
                       tagged(make_arp(1, kMacA, {10, 7, 0, 2}, {}, {10, 7, 0, 1}, kBroadcastMac),
                              {{0x8100, vlan}}));
    router.bed.run();
    return !router.bed.sent(kPortA).empty();
  };
  CHECK(!answers(7));
  auto answer = router.reload(one);
  INFO((answer ? "" : answer.error().what));
  REQUIRE(answer);
  CHECK(keys_of(*answer) == std::vector<std::string>{"added vlans.a.7"});
  CHECK(answers(7));
  REQUIRE(router.reload(other));
  CHECK(!answers(7));
  CHECK(answers(8));
  REQUIRE(router.reload(one, {{"confirm", 10U}}));
  CHECK(answers(7));
  router.bed.advance(11s);
  CHECK(!answers(7));
  CHECK(answers(8));
  REQUIRE(router.reload(none));
  CHECK(!answers(8));
  const auto ports = router.carry_out({"show", "ports"});
  REQUIRE(ports);
  CHECK(ports->size() == 2);
  REQUIRE(router.reload(one));
  CHECK(answers(7));
  // It comes again as the file says, not as it was.
  REQUIRE(router.reload(none));
  REQUIRE(router.reload(none + "vlans: {a.7: {mtu: 1300, addresses: [10.7.0.1/24]}}\n"));
  CHECK(answers(7));
  CHECK(router.bed.router->world().find_port("a.7")->mtu == 1300);
  CHECK(router.bed.router->configuration().brief_config().ports.back().mtu == 1300);
}

TEST_CASE("of random pairs of configurations, a reload from one to the other is like a start") {
  for (unsigned seed = 0; seed < 60; ++seed) {
    INFO("seed " << seed);
    const Folder folder;
    RandomReload random{seed, folder};
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
    router.drain();
    const auto answer = router.reload(to);
    INFO(from << "-----\n" << to);
    INFO((answer ? "" : answer.error().what));
    REQUIRE(answer);
    CHECK(difference(fresh, State{router.bed}.text()).empty());
    router.drain();
  }
}

// Half a second with optimization: `build/release/test/dataplane/dataplane '[.long]'`.
TEST_CASE("900,000 routes of which 1,000 differ are reloaded at once, and other flows lose nothing",
          "[.long]") {
  constexpr std::size_t kRoutes = 900'000;
  constexpr std::size_t kDifferent = 1000;
  const auto all = fib::read_prefix_file(INTERNET_PREFIXES);
  REQUIRE(all);
  std::vector<Prefix4> prefixes = all->prefixes;
  std::erase_if(prefixes, [](Prefix4 prefix) {
    return !is_routable(prefix) || prefix.contains(Ipv4{192, 168, 2, 1});
  });
  for (std::uint32_t i = 0; prefixes.size() < kRoutes + kDifferent; ++i) {
    prefixes.emplace_back(Ipv4{(100U << 24U) + (i << 6U)}, 27);
  }
  std::ranges::sort(prefixes);
  const auto [first, last] = std::ranges::unique(prefixes);
  prefixes.erase(first, last);
  Reloading router{kPlain};
  const auto write = [&](const std::string& name, std::size_t from) {
    std::ofstream file{router.folder / name};
    for (std::size_t i = from; i < from + kRoutes && i < prefixes.size(); ++i) {
      file << prefixes[i].to_string() << '\n';
    }
    return fmt::format("{}  - {{file: {}, via: 192.168.2.9}}\n", kPlain, router.folder / name);
  };
  REQUIRE(router.reload(write("one", 0)));
  router.bed.resolve_hosts();
  const json request{{"verb", {"reload"}},
                     {"options", {{"file", router.write(write("two", kDifferent / 2))}}}};

  REQUIRE(router.bed.router->start_workers());
  const Frame frame = make_ipv4(router.bed.from_a_to_b());
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  Clock::duration longest{};
  auto reply = control::begin(*router.bed.router, request);
  auto* const later = std::get_if<std::unique_ptr<control::Later>>(&reply);
  REQUIRE(later != nullptr);
  std::string line;
  std::uint64_t in = 0;
  std::uint64_t out = 0;
  for (bool over = false; !over;) {
    for (int i = 0; i < 32; ++i, ++in) {
      router.bed.receive(kPortA, frame);
    }
    const Clock::time_point round = Clock::now();
    router.bed.router->run_once();
    over = (*later)->advance(line);
    longest = std::max(longest, Clock::now() - round);
    out += router.bed.discard(kPortB);
    std::this_thread::sleep_for(100us);
  }
  const std::chrono::duration<double, std::milli> took = Clock::now() - start;
  for (int wait = 0; wait < 1000 && out < in; ++wait) {
    std::this_thread::sleep_for(1ms);
    out += router.bed.discard(kPortB);
  }
  router.bed.router->stop_workers();
  const json answer = json::parse(line).at("ok");
  WARN(fmt::format("{} routes, {} changes: {:.0f} ms, longest round {:.1f} ms", kRoutes,
                   answer.at("changes").size(), took.count(),
                   std::chrono::duration<double, std::milli>{longest}.count()));
  CHECK(answer.at("routes") ==
        json({{"added", kDifferent / 2}, {"removed", kDifferent / 2}, {"changed", 0}}));
  CHECK(out == in);
  CHECK(router.bed.all_drops() == 0);
}

}  // namespace ringroad::test
