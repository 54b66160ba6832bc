// SPDX-License-Identifier: BSD-3-Clause
// A file is converted to typed values, with every default filled in, and its errors are reported.
#include "config/load.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace ringroad::config {
namespace {

namespace fs = std::filesystem;

const fs::path kRoot{SOURCE_ROOT};

std::string content(const fs::path& path) {
  const std::ifstream stream{path, std::ios::binary};
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

std::vector<fs::path> yaml_files(const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator{folder}) {
    if (entry.path().extension() == ".yaml") {
      files.push_back(entry.path());
    }
  }
  std::ranges::sort(files);
  return files;
}

Config parsed(const std::string& yaml) {
  const auto config = parse(yaml, "test.yaml");
  INFO((config ? "" : config.error().front().to_string()));
  REQUIRE(config);
  return *config;
}

// Returns the key and the message of the first problem.
std::string first_problem(const std::string& yaml) {
  const auto config = parse(yaml, "test.yaml");
  REQUIRE_FALSE(config);
  return config.error().front().key + ": " + config.error().front().what;
}

const std::string kPort = "ports: {lan: {device: net_tap0, addresses: [10.0.0.1/24]}}\n";

}  // namespace

TEST_CASE("every broken file answers exactly the problems expected of it") {
  const std::vector<fs::path> files = yaml_files(kRoot / "test/unit/config/broken");
  REQUIRE(files.size() >= 20);
  for (const fs::path& file : files) {
    INFO(file);
    const auto config = load(file.string());
    REQUIRE_FALSE(config);
    std::string lines;
    for (const Problem& problem : config.error()) {
      CHECK(problem.file == file.string());
      std::string line = problem.to_string().substr(file.parent_path().string().size() + 1);
      // yaml-cpp adds the anchor's name since version 0.8.
      constexpr std::string_view kAnchor = "anchor is not defined";
      if (const auto at = line.find(kAnchor); at != std::string::npos) {
        line.erase(at + kAnchor.size());
      }
      lines += line + "\n";
    }
    CHECK(lines == content(fs::path{file}.replace_extension(".expected")));
  }
}

TEST_CASE("every example configuration loads") {
  const std::vector<fs::path> files = yaml_files(kRoot / "config");
  REQUIRE(files.size() >= 7);
  for (const fs::path& file : files) {
    const auto config = load(file.string());
    INFO(file << ": " << (config ? "" : config.error().front().to_string()));
    CHECK(config.has_value());
  }
}

TEST_CASE("a file with nothing but ports gets every default") {
  const Config config = parsed("ports: {lan: {device: net_tap0}}");
  Config expected;
  expected.ports.resize(1);
  expected.ports[0].name = "lan";
  expected.ports[0].device = "net_tap0";
  CHECK(config == expected);
  CHECK(config.ports[0].mtu == 1500);
  CHECK_FALSE(config.ports[0].queues);
  CHECK(config.engine.memory.size == Bytes{512ULL << 20U});
}

TEST_CASE("every key of engine, arp, icmp and ecmp arrives") {
  const Config config = parsed(kPort + R"(
engine:
  workers: [2, 3]
  control: 1
  memory: {hugepages: off, size: 1.5GiB, buffers: 4096}
  idle: interrupt
  socket: /tmp/ringroad.sock
  http: {listen: "[0:0::1]:9411"}
arp: {base_reachable: 1m, retransmit: 250ms, gc_thresh: [1, 2, 3], queue_bytes: 64KB,
      delay_first_probe: 2s, gc_stale: 3m, locktime: 0, unicast_probes: 5, multicast_probes: 0,
      notify: false}
icmp: {rate: 0, burst: 7, per_destination: 0}
ecmp: {hash: l4, seed: 4294967295}
)");
  CHECK(config.engine.workers == std::vector{2U, 3U});
  CHECK(config.engine.control == 1);
  CHECK(config.engine.memory == Memory{HugePages::kOff, Bytes{3ULL << 29U}, 4096});
  CHECK(config.engine.idle == IdleMode::kInterrupt);
  CHECK(config.engine.socket == "/tmp/ringroad.sock");
  CHECK(config.engine.http == Http{"::1", 9411});
  CHECK(config.arp == Arp{{.base_reachable = std::chrono::minutes{1},
                           .retransmit = std::chrono::milliseconds{250},
                           .delay_first_probe = std::chrono::seconds{2},
                           .gc_stale = std::chrono::minutes{3},
                           .locktime = Nanoseconds{0},
                           .unicast_probes = 5,
                           .multicast_probes = 0},
                          {1, 2, 3},
                          Bytes{64'000},
                          false});
  CHECK(config.icmp == Icmp{0, 7, Nanoseconds{0}});
  CHECK(config.ecmp == Ecmp{FlowHashPolicy::kL4, 4294967295});
}

TEST_CASE("hugepages may be said as on and off or as true and false") {
  const auto hugepages = [](const std::string& word) {
    return parsed(kPort + "engine: {memory: {hugepages: " + word + "}}").engine.memory.hugepages;
  };
  CHECK(hugepages("auto") == HugePages::kAuto);
  CHECK(hugepages("on") == HugePages::kOn);
  CHECK(hugepages("true") == HugePages::kOn);
  CHECK(hugepages("off") == HugePages::kOff);
  CHECK(hugepages("false") == HugePages::kOff);
}

TEST_CASE("a port has its own switches and timers, and those of all ports where it has none") {
  const Config config = parsed(R"(
ports:
  a: {device: net_tap0, rp_filter: strict, forwarding: false, send_redirects: false, dad: true,
      arp: {retransmit: 2s, unicast_probes: 1}}
  b: {device: net_tap1, rp_filter: loose}
arp: {base_reachable: 1m}
)");
  const Port& a = config.ports[0];
  CHECK(a.rp_filter == ReversePath::kStrict);
  CHECK_FALSE(a.forwarding);
  CHECK_FALSE(a.send_redirects);
  CHECK(a.dad);
  CHECK(a.arp == ArpTimers{.base_reachable = std::chrono::minutes{1},
                           .retransmit = std::chrono::seconds{2},
                           .unicast_probes = 1});
  const Port& b = config.ports[1];
  CHECK(b.rp_filter == ReversePath::kLoose);
  CHECK(b.forwarding);
  CHECK(b.send_redirects);
  CHECK_FALSE(b.dad);
  CHECK_FALSE(b.arp);
}

TEST_CASE("a sub-interface takes its link and tag from its name, or says them") {
  const Config config = parsed(R"(
ports: {lan: {device: net_null0, mtu: 2000}, wan: {device: net_tap1}}
vlans:
  lan.100: {addresses: [10.1.0.1/24], ingress_qos: {6: 6, 1: 0}, egress_qos: {6: 7, 15: 1}}
  lan.7: {protocol: 802.1ad, mtu: 1900}
  guests: {id: 12, link: wan, rp_filter: strict}
  inner: {id: 5, link: lan.7}
)");
  REQUIRE(config.ports.size() == 6);
  CHECK(config.devices() == 2);
  const Port& tagged = config.ports[2];
  CHECK(tagged.name == "lan.100");
  CHECK(tagged.device.empty());
  CHECK(tagged.mtu == 2000);
  CHECK(tagged.addresses.size() == 1);
  Vlan vlan{.link = "lan", .id = 100};
  vlan.ingress_qos[6] = 6;
  vlan.ingress_qos[1] = 0;
  vlan.egress_qos[6] = 7;
  vlan.egress_qos[15] = 1;
  CHECK(tagged.vlan == vlan);
  CHECK(config.ports[3].vlan == Vlan{.link = "lan", .id = 7, .protocol = VlanProtocol::k8021ad});
  CHECK(config.ports[3].mtu == 1900);
  CHECK(config.ports[4].vlan == Vlan{.link = "wan", .id = 12});
  CHECK(config.ports[4].rp_filter == ReversePath::kStrict);
  CHECK(config.ports[5].vlan == Vlan{.link = "lan.7", .id = 5});
  CHECK(config.ports[5].mtu == 1900);
}

TEST_CASE("ports keep the order of the file") {
  const Config config = parsed(
      "ports:\n  z: {device: net_tap0, queues: auto}\n  a: {device: 0000:0A:00.1, queues: 64}\n"
      "  m: {device: 03:00.0, mtu: 68}\n");
  REQUIRE(config.ports.size() == 3);
  CHECK(config.ports[0].name == "z");
  CHECK(config.ports[1].name == "a");
  CHECK(config.ports[1].device == "0000:0A:00.1");
  CHECK(config.ports[1].queues == 64);
  CHECK(config.ports[2].device == "03:00.0");
  CHECK(config.ports[2].mtu == 68);
}

TEST_CASE("both addresses of a /31 and the one of a /32 are hosts") {
  const Config config = parsed(
      "ports: {a: {device: net_tap0, addresses: [10.0.0.0/31, 10.0.0.3/31, 10.0.0.4/32]}}\n"
      "routes: [{to: default, via: 10.0.0.1}, {to: 10.9.0.0/16, via: 10.0.0.2}]");
  CHECK(config.ports[0].addresses.size() == 3);
  CHECK(config.routes.size() == 2);
}

TEST_CASE("one port may have two addresses of a subnet and ports may nest subnets") {
  CHECK(parsed("ports:\n"
               "  a: {device: net_tap0, addresses: [10.0.0.1/24, 10.0.0.2/24]}\n"
               "  b: {device: net_tap1, addresses: [10.0.1.1/16]}\n")
            .ports.size() == 2);
}

TEST_CASE("routes of every form arrive") {
  const Config config = parsed(kPort + R"(
routes:
  - {to: default, via: 10.0.0.2}
  - {to: default, via: 10.0.0.3, metric: 4294967295, type: unicast, table: main}
  - {to: 192.0.2.1, type: prohibit}
  - {to: 0.0.0.0/1, nexthops: [{via: 10.0.0.2, weight: 256}, {via: 10.0.0.3}]}
)");
  const Ipv4 two{10, 0, 0, 2};
  const Ipv4 three{10, 0, 0, 3};
  REQUIRE(config.routes.size() == 4);
  CHECK(config.routes[0] == Route{Prefix4{}, RouteType::kUnicast, {{two, 1}}, 0});
  CHECK(config.routes[1] == Route{Prefix4{}, RouteType::kUnicast, {{three, 1}}, 4294967295});
  CHECK(config.routes[2] == Route{Prefix4{Ipv4{192, 0, 2, 1}, 32}, RouteType::kProhibit, {}, 0});
  CHECK(config.routes[3] ==
        Route{Prefix4{Ipv4{}, 1}, RouteType::kUnicast, {{two, 256}, {three, 1}}, 0});
}

TEST_CASE("routes name their tables, and their source") {
  const Config config = parsed(kPort + R"(
routes:
  - {to: default, via: 10.0.0.2, table: blue, from: 10.0.0.1}
  - {to: default, via: 10.0.0.2, table: 100}
  - {to: default, via: 10.0.0.2, table: default}
  - {file: /dev/null, via: 10.0.0.2, table: blue, keep_going: true}
tables: {blue: 10}
)");
  CHECK(config.tables == std::vector{RouteTable{"blue", 10}});
  REQUIRE(config.routes.size() == 3);
  CHECK(config.routes[0].table == 10);
  CHECK(config.routes[0].source == Ipv4{10, 0, 0, 1});
  CHECK(config.routes[1].table == 100);
  CHECK(config.routes[2].table == 253);
  REQUIRE(config.route_files.size() == 1);
  CHECK(config.route_files[0].table == 10);
  CHECK(config.route_files[0].keep_going);
}

TEST_CASE("http listens at an address and a port, or the file is refused at that value") {
  const auto listen = [](const std::string& value) {
    return parse(kPort + "engine: {http: {listen: \"" + value + "\"}}", "router.yaml");
  };
  for (const auto& [value, expected] : {std::pair{"127.0.0.1:9411", Http{"127.0.0.1", 9411}},
                                        {"0.0.0.0:1", {"0.0.0.0", 1}},
                                        {"[::1]:65535", {"::1", 65535}},
                                        {"[2001:DB8::0:1]:80", {"2001:db8::1", 80}}}) {
    const auto config = listen(value);
    INFO(value);
    REQUIRE(config);
    CHECK(config->engine.http == expected);
  }
  for (const std::string value :
       {"127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:", "127.0.0.1:+1", ":9411",
        "localhost:9411", "10.0.0.300:80", "::1:9411", "[::g]:80", "[::1]", "224.0.0.1:80",
        "255.255.255.255:80", "[ff02::1]:80", "127.0.0.1:94 11"}) {
    const auto config = listen(value);
    INFO(value);
    REQUIRE_FALSE(config);
    REQUIRE(config.error().size() == 1);
    CHECK(config.error()[0].key == "engine.http.listen");
    CHECK(config.error()[0].line > 0);
  }
  for (const std::string value : {"{}", "[]", "on", "{listen: []}", "{port: 80}"}) {
    INFO(value);
    CHECK_FALSE(parse(kPort + "engine: {http: " + value + "}", "router.yaml"));
  }
}

TEST_CASE("a relative route file is taken from the configuration's folder") {
  const fs::path folder = kRoot / "test/unit/config/broken";
  const auto config =
      parse(kPort + "routes: [{file: ./empty.yaml, via: [10.0.0.2, 10.0.0.3], metric: 5}]",
            (folder / "router.yaml").string());
  REQUIRE(config);
  CHECK(config->routes.empty());
  const RouteFile expected{
      (folder / "empty.yaml").string(), {Ipv4{10, 0, 0, 2}, Ipv4{10, 0, 0, 3}}, {}, 5};
  CHECK(config->route_files == std::vector{expected});
}

TEST_CASE("subnets may overlap, and gateways and neighbors be anywhere on a port") {
  const auto config = parse(
      "ports:\n"
      "  a: {device: net_null0, addresses: [10.0.0.1/24, 10.0.0.3/25, 10.0.0.4/8]}\n"
      "  b: {device: net_null1, addresses: [10.0.0.1/24, 10.0.0.9/24]}\n"
      "  c: {device: net_null2, addresses: [10.7.0.1 peer 203.0.113.1/32]}\n"
      "  d: {device: net_null3}\n"
      "routes:\n"
      "  - {to: 10.0.0.0/24, via: 203.0.113.1}\n"
      "  - {to: default, via: 192.0.2.1, port: d, on-link: true}\n"
      "  - {to: 192.0.2.9, port: d}\n"
      "  - {to: 20.0.0.0/8, via: 192.0.2.9, port: d}\n"
      "  - {to: 21.0.0.0/8, via: 192.0.2.9}\n"
      "  - {to: 22.0.0.0/8, via: 198.51.100.1, recursive: true}\n"
      "  - {to: 23.0.0.0/8, nexthops: [{via: 192.0.2.1, port: d, on-link: true}, {via: "
      "10.0.0.2}]}\n"
      "neighbors:\n"
      "  - {address: 192.0.2.1, port: d, mac: \"02:00:00:00:00:01\"}\n"
      "  - {address: 192.0.2.1, port: a, mac: \"02:00:00:00:00:01\"}\n",
      "test.yaml");
  INFO((config ? "" : config.error().front().to_string()));
  REQUIRE(config);
  CHECK(config->ports[2].addresses[0].peer == Ipv4{203, 0, 113, 1});
  CHECK(config->routes[1].next_hops ==
        std::vector<NextHop>{{.via = Ipv4{192, 0, 2, 1}, .port = "d", .on_link = true}});
  CHECK(config->routes[2].next_hops == std::vector<NextHop>{{.port = "d"}});
  CHECK(config->routes[5].next_hops.at(0).recursive);
  CHECK(parse(to_yaml(*config), "test.yaml") == *config);
}

TEST_CASE("a gateway is not blamed for an address that could not be read") {
  const auto config = parse(
      "ports: {lan: {device: net_tap0, addresses: [10.0.0.1]}}\n"
      "routes: [{to: default, via: 10.0.0.2}]",
      "test.yaml");
  REQUIRE_FALSE(config);
  CHECK(config.error().size() == 1);
  CHECK(config.error()[0].key == "ports.lan.addresses[0]");
}

TEST_CASE("an unknown key is answered with the nearest known one, or with all") {
  CHECK(first_problem(kPort + "shcedulers: {}") ==
        ": unknown key 'shcedulers'; did you mean 'schedulers'?");
  CHECK(first_problem(kPort + "icmp: {per-destination: 1s}") ==
        "icmp: unknown key 'per-destination'; did you mean 'per_destination'?");
  CHECK(first_problem(kPort + "icmp: {x: 1s}") ==
        "icmp: unknown key 'x'; known: rate, burst, per_destination");
}

TEST_CASE("a problem prints as file, line, column, key and what") {
  CHECK(Problem{"router.yaml", 14, 10, "routes[2].via", "10.0.0.300 is not an IPv4 address"}
            .to_string() == "router.yaml:14:10: routes[2].via: 10.0.0.300 is not an IPv4 address");
  CHECK(Problem{"router.yaml", 0, 0, "", "is empty"}.to_string() == "router.yaml: is empty");
}

TEST_CASE("a file that is not there or a folder is one problem") {
  const auto absent = load("/nonexistent/router.yaml");
  REQUIRE_FALSE(absent);
  REQUIRE(absent.error().size() == 1);
  CHECK(absent.error()[0].to_string() ==
        "/nonexistent/router.yaml: cannot read: No such file or directory");
  const auto folder = load("/");
  REQUIRE_FALSE(folder);
  CHECK(folder.error()[0].to_string() == "/: cannot read: Is a directory");
}

}  // namespace ringroad::config
