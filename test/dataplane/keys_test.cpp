// SPDX-License-Identifier: BSD-3-Clause
// Tests keys of the configuration, from the YAML to the packets: with the key, packets leave
// differently, or at another time, than without it. The details of each key are tested elsewhere.
// All are in one file, to which the list of keys and their tests (unit/config/coverage_test.cpp)
// points.
#include <fmt/format.h>
#include <rte_dev.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "config/load.hpp"
#include "testbed.hpp"

// g++ 12 wrongly reports that a string overlaps with one that is moved (its bug 105651).
#pragma GCC diagnostic ignored "-Wrestrict"

using namespace ringroad;
using namespace ringroad::test;

namespace {

config::Config parsed(const std::string& sections) {
  const auto config = config::parse(
      fmt::format(
          "ports: {{a: {{device: net_null0}}, b: {{device: net_null1, scheduler: {}}}}}\n{}",
          sections.find("schedulers") == std::string::npos ? "pfifo_fast" : "s", sections),
      "keys.yaml");
  INFO(sections);
  INFO((config ? "" : config.error().front().to_string()));
  REQUIRE(config);
  return *config;
}

// When each packet left, and with which ECN bits: 240 packets of several flows, priorities, DSCPs
// and lengths arrive at once, and are observed for two seconds.
using Trace = std::vector<std::tuple<int, std::uint16_t, unsigned>>;
Trace trace_with(const std::string& scheduler) {
  constexpr std::array<std::uint8_t, 4> kTos{0x00, 0x10, 0x08, 0xb8};
  auto config = Testbed::basic_config();
  config.schedulers = parsed(fmt::format("schedulers: {{s: {{{}}}}}\n", scheduler)).schedulers;
  config.ports[1].scheduler = "s";
  Testbed bed{{.config = config}};
  bed.resolve_hosts();
  for (std::uint16_t i = 0; i < 240; ++i) {
    auto fields = bed.from_a_to_b();
    fields.tos = kTos.at(i % kTos.size()) | 1U;  // ECT(1)
    fields.id = i;
    fields.source = Ipv4{192, 168, 1, static_cast<std::uint8_t>(100 + i % 7 / 3)};
    fields.payload.resize(i % 16 == 0 ? 1400 : 60);
    bed.receive(kPortA, make_ipv4(fields));
  }
  Trace trace;
  for (int step = 0; step < 200; ++step) {
    bed.advance(10ms);
    for (const Frame& frame : bed.sent(kPortB)) {
      trace.emplace_back(step, word(frame, kIpId), frame[kIp + 1] & 3U);
    }
  }
  return trace;
}

bool is_request(const Frame& frame, Ipv4 target) {
  return ether_type(frame) == 0x0806 && word(frame, kArpOperation) == 1 &&
         address(frame, kArpTarget) == target;
}

// A router with these timers for the neighbors on port B, set for that port or for all ports.
class NeighborBed : public Testbed {
 public:
  NeighborBed(const std::string& keys, bool of_port) : Testbed({.config = config(keys, of_port)}) {}

  void use() {
    receive(kPortA, make_ipv4(from_a_to_b()));
    run();
  }
  void answer() {
    receive(kPortB, reply_from_b());
    run();
  }
  // Returns the number of unicast, or of broadcast, ARP requests for B that leave meanwhile.
  std::size_t requests(Nanoseconds meanwhile, bool unicast) {
    std::size_t count = 0;
    const auto look = [&] {
      for (const Frame& frame : sent(kPortB)) {
        count += is_request(frame, kHostB) && (destination_mac(frame) == kMacB) == unicast;
      }
    };
    look();
    for (Nanoseconds gone{}; gone < meanwhile; gone += 10ms) {
      advance(10ms);
      look();
    }
    return count;
  }
  [[nodiscard]] std::string state() const {
    const auto& table = router->neighbors().table();
    const auto id = table.find({interface_of(kPortB), kHostB});
    return id ? std::string{neigh::to_string(table.entry(*id).state)} : "none";
  }

 private:
  static config::Config config(const std::string& keys, bool of_port) {
    auto config = Testbed::basic_config();
    const auto read = parsed(fmt::format("arp: {{{}}}\n", keys));
    if (of_port) {
      config.ports[1].arp = read.arp.timers;
    } else {
      config.arp.timers = read.arp.timers;
    }
    config.arp.gc_thresh = {1, 512, 1024};
    return config;
  }
};

}  // namespace

TEST_CASE("each key of a scheduler changes what leaves, or when") {
  using Pair = std::pair<std::string, std::string>;
  const auto [without, with] = GENERATE(
      Pair{"rate: 1Mbit, burst: 1518", "rate: 1Mbit, burst: 1518, discipline: pfifo"},
      Pair{"rate: 1Mbit, burst: 1518", "rate: 1Mbit, burst: 1518, bands: 1"},
      Pair{"rate: 1Mbit, burst: 1518, discipline: drr",
           "rate: 1Mbit, burst: 1518, discipline: drr, strict: 1"},
      Pair{"rate: 1Mbit, burst: 1518",
           "rate: 1Mbit, burst: 1518, priomap: [2, 1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0]"},
      Pair{"rate: 1Mbit, burst: 1518", "rate: 1Mbit, burst: 1518, dscp: {ef: 0}"},
      Pair{"rate: 1Mbit, burst: 1518", "rate: 1Mbit, burst: 1518, limit: 5"},
      Pair{"rate: 1Mbit, burst: 1518", "rate: 1Mbit, burst: 1518, limit_bytes: 2000"},
      Pair{"discipline: prio", "rate: 1Mbit, burst: 1518"},
      Pair{"rate: 1Mbit, burst: 1518", "rate: 1Mbit, burst: 20000"},
      Pair{"rate: 1Mbit, burst: 1518", "rate: 1Mbit, burst: 1518, overhead: ethernet"},
      Pair{"rate: 1Mbit, burst: 1518", "rate: 1Mbit, burst: 1518, each: {1: {limit: 5}}"},
      Pair{"rate: 1Mbit, burst: 1518", "rate: 1Mbit, burst: 1518, each: {1: {limit_bytes: 2000}}"},
      Pair{"rate: 1Mbit, burst: 1518",
           "rate: 1Mbit, burst: 1518, each: {2: {rate: 900kbit, burst: 1518}}"},
      Pair{"rate: 1Mbit, burst: 1518", "rate: 1Mbit, burst: 1518, each: {0: {ceil: 50kbit}}"},
      Pair{"rate: 1Mbit, burst: 1518, each: {0: {ceil: 50kbit, burst: 1518}}",
           "rate: 1Mbit, burst: 1518, each: {0: {ceil: 50kbit, burst: 9000}}"},
      Pair{"rate: 1Mbit, burst: 1518, discipline: drr",
           "rate: 1Mbit, burst: 1518, discipline: drr, each: {1: {weight: 9}}"},
      Pair{"rate: 200kbit, burst: 1518", "rate: 200kbit, burst: 1518, each: {1: {aqm: codel}}"},
      Pair{"rate: 200kbit, burst: 1518, each: {1: {aqm: codel, interval: 400ms}}",
           "rate: 200kbit, burst: 1518, each: {1: {aqm: codel, interval: 400ms, target: 399ms}}"},
      Pair{"rate: 200kbit, burst: 1518, each: {1: {aqm: codel}}",
           "rate: 200kbit, burst: 1518, each: {1: {aqm: codel, interval: 20ms}}"},
      Pair{"rate: 200kbit, burst: 1518, each: {1: {aqm: codel}}",
           "rate: 200kbit, burst: 1518, each: {1: {aqm: codel, ecn: true}}"},
      Pair{"rate: 200kbit, burst: 1518, each: {1: {aqm: fq_codel, target: 1s, interval: 2s}}",
           "rate: 200kbit, burst: 1518, each: {1: {aqm: fq_codel, target: 1s, interval: 2s, flows: "
           "1}}"},
      Pair{"rate: 200kbit, burst: 1518, each: {1: {aqm: fq_codel, target: 1s, interval: 2s}}",
           "rate: 200kbit, burst: 1518, each: {1: {aqm: fq_codel, target: 1s, interval: 2s, "
           "quantum: 256}}"});
  INFO(without << "\n" << with);
  const Trace first = trace_with(without);
  CHECK(first == trace_with(without));
  CHECK(first != trace_with(with));
}

TEST_CASE("each timer of neighbors, of one port or of all, changes when they are asked") {
  const bool of_port = GENERATE(false, true);
  // Only one router exists at a time, because pool names must be unique in DPDK.
  const auto with = [&](const std::string& keys, const auto& look) {
    NeighborBed bed{keys, of_port};
    return look(bed);
  };
  SECTION("retransmit") {
    const auto asked = [](NeighborBed& bed) {
      bed.use();
      return bed.requests(500ms, false);
    };
    CHECK(with("", asked) == 1);
    CHECK(with("retransmit: 100ms", asked) == 3);
  }
  SECTION("multicast_probes") {
    const auto asked = [](NeighborBed& bed) {
      bed.use();
      return bed.requests(9s, false);
    };
    CHECK(with("", asked) == 3);
    CHECK(with("multicast_probes: 5", asked) == 5);
  }
  SECTION("base_reachable") {
    const auto state = [](NeighborBed& bed) {
      bed.use();
      bed.answer();
      bed.advance_in_steps(5s);
      return bed.state();
    };
    CHECK(with("", state) == "REACHABLE");
    CHECK(with("base_reachable: 1s", state) != "REACHABLE");
  }
  SECTION("delay_first_probe and unicast_probes") {
    // Uses a STALE neighbor. Returns how often it is probed by unicast within two seconds, and in
    // all.
    const auto probes = [](NeighborBed& bed) {
      bed.use();
      bed.answer();
      static_cast<void>(bed.sent(kPortB));
      bed.advance_in_steps(2s);
      bed.use();
      const std::size_t soon = bed.requests(2s, true);
      return std::pair{soon, soon + bed.requests(12s, true)};
    };
    const auto usual = with("base_reachable: 1s", probes);
    CHECK(usual.first == 0);
    CHECK(usual.second == 3);
    CHECK(with("base_reachable: 1s, delay_first_probe: 500ms", probes).first > 0);
    CHECK(with("base_reachable: 1s, unicast_probes: 1", probes).second == 1);
  }
  SECTION("gc_stale") {
    const auto state = [](NeighborBed& bed) {
      bed.resolve_hosts();
      bed.advance_in_steps(40s);
      return bed.state();
    };
    CHECK(with("base_reachable: 1s", state) == "STALE");
    CHECK(with("base_reachable: 1s, gc_stale: 3s", state) == "none");
  }
  SECTION("locktime") {
    const auto mac_after_claim = [&](const std::string& keys) {
      NeighborBed bed{keys, of_port};
      bed.use();
      bed.answer();
      bed.advance(500ms);
      constexpr Mac kOther{{0x02, 0, 0, 0, 0, 0xbb}};
      bed.receive(kPortB, make_arp(2, kOther, kHostB, bed.mac(kPortB), kRouterB, bed.mac(kPortB)));
      bed.run();
      static_cast<void>(bed.sent(kPortB));
      bed.use();
      return destination_mac(bed.sent(kPortB).at(0));
    };
    CHECK(mac_after_claim("") == kMacB);
    CHECK(mac_after_claim("locktime: 100ms") != kMacB);
  }
}

TEST_CASE("the bytes that wait for a neighbor are those that arp.queue_bytes says") {
  const auto held = [](const std::string& keys) {
    auto config = Testbed::basic_config();
    config.arp.queue_bytes = parsed(fmt::format("arp: {{{}}}\n", keys)).arp.queue_bytes;
    Testbed bed{{.config = config}};
    for (std::uint16_t i = 0; i < 50; ++i) {
      bed.receive(kPortA, make_ipv4(bed.from_a_to_b()));
    }
    bed.run();
    return bed.router->neighbors().held();
  };
  CHECK(held("queue_bytes: 4KiB") < held("queue_bytes: 64KiB"));
}

TEST_CASE("the seed of the flow hash decides which gateway a flow takes, and lasts") {
  const auto gateways = [](const std::string& keys) {
    auto config = Testbed::basic_config();
    config.ecmp = parsed(fmt::format("ecmp: {{{}}}\n", keys)).ecmp;
    config::Route route;
    route.to = Prefix4{Ipv4{10, 0, 0, 0}, 8};
    for (std::uint8_t i = 50; i < 54; ++i) {
      route.next_hops.push_back({.via = Ipv4{192, 168, 2, i}});
      config.neighbors.push_back({Ipv4{192, 168, 2, i}, "b", Mac{{0x02, 0, 0, 0, 1, i}}});
    }
    config.routes = {route};
    Testbed bed{{.config = config}};
    bed.resolve_hosts();
    std::vector<std::uint8_t> chosen;
    for (std::uint8_t i = 0; i < 64; ++i) {
      auto fields = bed.from_a_to_b();
      fields.destination = Ipv4{10, 1, 2, i};
      bed.receive(kPortA, make_ipv4(fields));
      bed.run();
      chosen.push_back(destination_mac(bed.sent(kPortB).at(0)).octets[5]);
    }
    return chosen;
  };
  CHECK(gateways("seed: 7") == gateways("seed: 7"));
  CHECK(gateways("seed: 7") != gateways("seed: 8"));
  CHECK(gateways("seed: 0") != gateways("seed: 0"));
}

TEST_CASE("a port has the MAC, and the RX queues, that the configuration gives it") {
  auto config = parsed("");
  config.engine.memory.buffers = 1023;
  config.ports[0].mac = Mac{{0x02, 0, 0, 0, 0, 0x77}};
  config.ports[0].device = "net_null700";
  config.ports[1].device = "net_null701";
  config.ports[1].queues = 3;
  const Clock clock{Clock::Manual{}};
  {
    const auto router = control::Router::open(config, clock);
    REQUIRE(router);
    CHECK((*router)->ports()[0]->mac() == config.ports[0].mac);
    CHECK((*router)->ports()[0]->rx_queues() == 1);
    CHECK((*router)->ports()[1]->rx_queues() == 3);
  }
  for (const char* const device : {"net_null700", "net_null701"}) {
    static_cast<void>(rte_eal_hotplug_remove("vdev", device));
  }
}

TEST_CASE("a sub-interface has settings of its own") {
  constexpr std::uint16_t kQ = 0x8100;
  constexpr Ipv4 kHost{10, 0, 7, 2};
  constexpr Ipv4 kOwn{10, 0, 7, 1};
  const auto bed_with = [&](const std::string& keys) {
    const auto config = config::parse(
        fmt::format("ports: {{a: {{device: net_null0}}}}\nvlans: {{a.7: {{{}}}}}\n", keys), "t");
    INFO(keys << (config ? "" : config.error().front().to_string()));
    REQUIRE(config);
    auto options = Testbed::Options{};
    options.config.ports.push_back(config->ports[1]);
    options.config.ports.back().addresses = {{kOwn, 24}};
    return std::make_unique<Testbed>(std::move(options));
  };
  // Returns how many packets of that length from a host in the VLAN reach B.
  const auto forwarded = [&](const std::string& keys, Ipv4 source, std::size_t payload) {
    const auto bed = bed_with(keys);
    bed->resolve_hosts();
    auto fields = bed->from_a_to_b();
    fields.source = source;
    fields.payload.resize(payload);
    bed->receive(kPortA, tagged(make_ipv4(fields), {{kQ, 7}}));
    bed->run();
    return bed->sent(kPortB).size();
  };
  CHECK(forwarded("", kHost, 100) == 1);
  CHECK(forwarded("forwarding: no", kHost, 100) == 0);
  CHECK(forwarded("", Ipv4{10, 9, 9, 9}, 100) == 1);
  CHECK(forwarded("rp_filter: strict", Ipv4{10, 9, 9, 9}, 100) == 0);
  // Returns the number of fragments of a packet that B sends into the VLAN.
  const auto pieces = [&](const std::string& keys) {
    const auto bed = bed_with(keys);
    bed->resolve_hosts();
    bed->receive(kPortA, tagged(make_arp(1, kMacA, kHost, {}, kOwn, kBroadcastMac), {{kQ, 7}}));
    bed->run();
    static_cast<void>(bed->sent(kPortA));
    auto fields = bed->from_a_to_b();
    fields.destination_mac = bed->mac(kPortB);
    fields.source = kHostB;
    fields.destination = kHost;
    fields.payload.resize(1000);
    bed->receive(kPortB, make_ipv4(fields));
    bed->run();
    return bed->sent(kPortA).size();
  };
  CHECK(pieces("") == 1);
  CHECK(pieces("mtu: 576") == 2);
  // Returns the number of ARP requests for a host in the VLAN, or of probes for the router's own
  // address there.
  const auto requests = [&](const std::string& keys, Ipv4 target, Nanoseconds meanwhile) {
    const auto bed = bed_with(keys);
    bed->resolve_hosts();
    auto fields = bed->from_a_to_b();
    fields.destination_mac = bed->mac(kPortB);
    fields.source = kHostB;
    fields.destination = kHost;
    bed->receive(kPortB, make_ipv4(fields));
    bed->advance_in_steps(meanwhile);
    // Without the tag, the frame is an ordinary ARP message.
    const auto frames = bed->sent(kPortA);
    return std::ranges::count_if(frames, [&](Frame frame) {
      frame.erase(frame.begin() + 12, frame.begin() + 16);
      return is_request(frame, target);
    });
  };
  CHECK(requests("", kHost, 900ms) == 1);
  CHECK(requests("arp: {retransmit: 100ms}", kHost, 900ms) == 3);
  CHECK(requests("", kOwn, 3s) == 0);
  CHECK(requests("dad: on", kOwn, 3s) > 0);
  // Returns whether a host gets a redirect to a gateway on its own VLAN.
  const auto told = [&](const std::string& keys) {
    const auto bed = bed_with(keys);
    constexpr Ipv4 kOther{10, 0, 7, 3};
    for (const Ipv4 host : {kHost, kOther}) {
      bed->receive(kPortA, tagged(make_arp(1, kMacA, host, {}, kOwn, kBroadcastMac), {{kQ, 7}}));
      bed->run();
    }
    static_cast<void>(bed->sent(kPortA));
    auto fields = bed->from_a_to_b();
    fields.source = kHost;
    fields.destination = kOther;
    bed->receive(kPortA, tagged(make_ipv4(fields), {{kQ, 7}}));
    bed->run();
    return bed->sent(kPortA).size() > 1;
  };
  CHECK(told(""));
  CHECK_FALSE(told("send_redirects: no"));
}

TEST_CASE("each limit of ICMP errors changes how many there are") {
  // Returns how many ICMP errors are sent for packets that the router drops: this many packets from
  // each host at once, and again after a tenth of a second.
  const auto told = [](const std::string& keys, std::uint8_t hosts, int packets) {
    auto config = Testbed::basic_config();
    config.icmp = parsed(fmt::format("icmp: {{{}}}\n", keys)).icmp;
    for (std::uint8_t i = 0; i < hosts; ++i) {
      const auto number = static_cast<std::uint8_t>(10 + i);
      config.neighbors.push_back({Ipv4{192, 168, 1, number}, "a", Mac{{0x02, 0, 0, 0, 2, number}}});
    }
    Testbed bed{{.config = config}};
    bed.resolve_hosts();
    bed.advance(1s);
    const auto round = [&] {
      for (int packet = 0; packet < packets; ++packet) {
        for (std::uint8_t i = 0; i < hosts; ++i) {
          auto fields = bed.from_a_to_b();
          fields.source = Ipv4{192, 168, 1, static_cast<std::uint8_t>(10 + i)};
          fields.ttl = 1;
          bed.receive(kPortA, make_ipv4(fields));
        }
      }
      bed.run();
      return bed.sent(kPortA).size();
    };
    const std::size_t first = round();
    bed.advance(100ms);
    return std::pair{first, round()};
  };
  CHECK(told("", 100, 1).first == 50);
  CHECK(told("burst: 5", 100, 1).first == 5);
  CHECK(told("", 100, 1).second > 20);
  CHECK(told("rate: 20", 100, 1).second <= 3);
  CHECK(told("", 1, 20).first < 20);
  CHECK(told("per_destination: 0s", 1, 20).first == 20);
}
