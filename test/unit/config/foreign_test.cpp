// SPDX-License-Identifier: BSD-3-Clause
// Files of other programs, and the words of YAML 1.1.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "config/load.hpp"

namespace ringroad::config {
namespace {

std::string all_problems(const std::string& yaml) {
  const auto config = parse(yaml, "t");
  std::string text;
  if (!config) {
    for (const Problem& problem : config.error()) {
      text += problem.to_string() + "\n";
    }
  }
  return text;
}

}  // namespace

TEST_CASE("a file of netplan's is led to where its keys belong") {
  const std::string yaml =
      "network:\n"
      "  version: 2\n"
      "  renderer: networkd\n"
      "  ethernets:\n"
      "    eth0:\n"
      "      addresses: [10.0.0.1/24]\n"
      "      routes: [{to: default, via: 10.0.0.254}]\n"
      "      gateway4: 10.0.0.254\n"
      "  vlans:\n"
      "    vlan7: {id: 7, link: eth0, dhcp4: no}\n"
      "  bridges: {}\n";
  CHECK(all_problems(yaml) ==
        "t:1:1: 'network': is netplan's; what stands below it goes to the top level, ethernets as "
        "ports\n"
        "t:2:3: network.version: is netplan's; leave it out\n"
        "t:3:3: network.renderer: is netplan's; leave it out: the router drives its ports itself\n"
        "t:4:3: network.ethernets: is netplan's; the key is 'ports', and each port has a device\n"
        "t:7:7: network.ethernets.eth0.routes: goes to the top level: routes: [{to: ..., via: "
        "...}]\n"
        "t:8:7: network.ethernets.eth0.gateway4: is a route: routes: [{to: default, via: ...}] at "
        "the top level\n"
        "t:9:3: network.vlans: goes to the top level, without 'network'\n"
        "t:10:32: network.vlans.vlan7.dhcp4: addresses are static; leave it out, and write "
        "addresses: [...]\n"
        "t:11:3: network.bridges: bridges are not there; each port has a subnet of its own\n");
}

TEST_CASE("a key of elsewhere in a port or at the top is led to where it belongs") {
  CHECK(all_problems("ports:\n  a:\n    device: net_null0\n    routes: []\n") ==
        "t:4:5: ports.a: 'routes': goes to the top level: routes: [{to: ..., via: ...}]\n");
  CHECK(all_problems("version: 2\nports: {a: {device: net_null0}}\n") ==
        "t:1:1: 'version': is netplan's; leave it out\n");
  CHECK(all_problems("ethernets: {a: {}}\n") ==
        "t:1:1: 'ethernets': is netplan's; the key is 'ports', and each port has a device\n");
}

TEST_CASE("a key is not taken for one that only looks a little like it") {
  const std::string said = all_problems("ports: {a: {device: net_null0, speed: 1000}}\n");
  CHECK(said.find("unknown key 'speed'; known:") != std::string::npos);
  for (const char* key : {"adresses", "mtuu", "schedular", "macadress", "Spread", "spraed"}) {
    CAPTURE(key);
    CHECK(all_problems(std::string{"ports: {a: {device: net_null0, "} + key + ": 1}}\n")
              .find("did you mean") != std::string::npos);
  }
}

TEST_CASE("every spelling of true and false is understood wherever one is wanted") {
  const auto on =
      GENERATE(as<std::string>{}, "true", "True", "TRUE", "yes", "Yes", "on", "On", "ON", "y", "Y");
  const auto off =
      GENERATE(as<std::string>{}, "false", "False", "no", "No", "NO", "off", "Off", "n", "N");
  const auto with = [](const std::string& a, const std::string& b) {
    return "engine: {memory: {hugepages: " + b + "}}\narp: {notify: " + b +
           "}\nports: {p: {device: net_null0, addresses: [10.0.0.1/24], spread: " + a +
           ", forwarding: " + b + ", send_redirects: " + b + ", dad: " + a + ", rp_filter: " + b +
           ", scheduler: s}}\nschedulers: {s: {byte_limits: " + b +
           ", each: {0: {aqm: codel, ecn: " + a +
           "}}}}\nroutes: [{file: /dev/null, via: 10.0.0.2, "
           "keep_going: " +
           a + "}]\n";
  };
  const auto config = parse(with(on, off), "t");
  INFO(all_problems(with(on, off)));
  REQUIRE(config);
  CHECK(*config == parse(with("true", "false"), "t"));
  CHECK(config->ports[0].spread);
  CHECK_FALSE(config->ports[0].forwarding);
  CHECK(config->ports[0].rp_filter == ReversePath::kOff);
  CHECK(config->engine.memory.hugepages == HugePages::kOff);
  CHECK(parse("engine: {memory: {hugepages: " + on + "}}\nports: {p: {device: net_null0}}\n", "t")
            ->engine.memory.hugepages == HugePages::kOn);
  // Such a word is neither `loose` nor `strict`.
  CHECK_FALSE(parse("ports: {p: {device: net_null0, rp_filter: " + on + "}}\n", "t"));
}

}  // namespace ringroad::config
