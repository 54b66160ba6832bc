// SPDX-License-Identifier: BSD-3-Clause
// A written configuration must look as if a person had written it, and must be read back unchanged.
#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "config/load.hpp"
#include "random_config.hpp"

namespace ringroad::config {
namespace {

namespace fs = std::filesystem;

const std::string kRoot = SOURCE_ROOT;

void check_round_trip(const Config& config) {
  const std::string yaml = to_yaml(config);
  const auto again = parse(yaml, "written.yaml");
  INFO(yaml << (again ? "" : again.error().front().to_string()));
  REQUIRE(again);
  CHECK(*again == config);
}

}  // namespace

TEST_CASE("every example reads back the same after it was written") {
  int examples = 0;
  for (const auto& entry : fs::directory_iterator{kRoot + "/config"}) {
    if (entry.path().extension() == ".yaml") {
      const auto config = load(entry.path().string());
      REQUIRE(config);
      check_round_trip(*config);
      ++examples;
    }
  }
  CHECK(examples >= 7);
}

TEST_CASE("random configurations read back the same after they were written") {
  RandomConfig random{42, kRoot + "/config/README.md"};
  for (int round = 0; round < 1000; ++round) {
    check_round_trip(random());
  }
}

TEST_CASE("a configuration is written as a person would write it") {
  const std::string text = R"(engine:
  workers: [1]
  control: 0
  memory: {hugepages: auto, size: 512MiB, buffers: 65536}
  idle: poll
  socket: /run/ringroad/ringroad.sock

ports:
  wan:
    device: "0000:03:00.0"
    addresses: [203.0.113.2/24]
    mtu: 1500
    queues: auto
    scheduler: edge
  lan:
    device: net_af_packet0,iface=rr-lan
    addresses: [192.168.1.1/24]
    mtu: 1500
    queues: 2

routes:
  - {to: default, via: 203.0.113.1}
  - {to: 198.51.100.0/24, via: 192.168.1.254, metric: 10}
  - {to: 10.66.0.0/16, type: blackhole}
  - to: 10.0.0.0/8
    nexthops: [{via: 192.168.1.2, weight: 2}, {via: 192.168.1.3}]

neighbors:
  - {address: 192.168.1.9, port: lan, mac: "02:00:00:00:00:09"}

schedulers:
  edge:
    bands: 3
    priomap: [1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]
    limit: 1000
    rate: 1Gbit
    burst: 64KiB

arp: {base_reachable: 30s, retransmit: 1s, gc_thresh: [128, 512, 1024], queue_bytes: 208KiB}
icmp: {rate: 1000, burst: 50, per_destination: 1s}
ecmp: {hash: l3, seed: 0}
)";
  const auto config = parse(text, "router.yaml");
  REQUIRE(config);
  CHECK(to_yaml(*config) == text);
}

}  // namespace ringroad::config
