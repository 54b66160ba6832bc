// SPDX-License-Identifier: BSD-3-Clause
// Routes with several gateways: how flows are distributed, and what happens when a gateway fails.
#include <rte_ethdev.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <set>
#include <vector>

#include "testbed.hpp"

using namespace ringroad;
using namespace ringroad::test;

namespace {

constexpr std::uint16_t kFlows = 1000;
constexpr PortId kPortC{2};
constexpr Ipv4 kRouterC{192, 168, 3, 1};
constexpr std::uint16_t kMoreFragments = 0x2000;
constexpr int kNowhere = -1;

// Gateways 0 and 1 are on port b, 2 is on port c.
constexpr std::size_t kGateways = 3;
constexpr std::array<Ipv4, kGateways> kAddresses{Ipv4{192, 168, 2, 10}, Ipv4{192, 168, 2, 11},
                                                 Ipv4{192, 168, 3, 12}};
constexpr std::array<PortId, kGateways> kPorts{kPortB, kPortB, kPortC};
Mac mac_of(std::size_t gateway) {
  return Mac{{0x02, 0, 0, 0, 1, static_cast<std::uint8_t>(gateway)}};
}

config::Config ecmp_config(FlowHashPolicy hash) {
  config::Config config = Testbed::basic_config();
  config.ports.push_back(
      {.name = "c", .device = "", .addresses = {{kRouterC, 24}}, .queues = {}, .scheduler = ""});
  config.ports[1].mtu = 576;
  config.ports[2].mtu = 576;
  config.routes.push_back({.to = {Ipv4{10, 0, 0, 0}, 8}, .next_hops = {}});
  for (const Ipv4 gateway : kAddresses) {
    config.routes.back().next_hops.push_back({.via = gateway, .weight = 1});
  }
  config.routes.back().next_hops[0].weight = 2;
  config.ecmp = {.hash = hash, .seed = 1};
  return config;
}

// A router with three gateways, which answer ARP requests while they are alive.
class Bed {
 public:
  explicit Bed(FlowHashPolicy hash = FlowHashPolicy::kL3) : bed{{.config = ecmp_config(hash)}} {}

  // Returns the gateway by which each packet left; packet i has identification i.
  std::vector<int> send(const std::vector<Ipv4Fields>& packets) {
    for (std::size_t i = 0; i < packets.size(); ++i) {
      Ipv4Fields fields = packets[i];
      fields.id = static_cast<std::uint16_t>(i);
      bed.receive(kPortA, make_ipv4(fields));
    }
    left_.assign(packets.size(), kNowhere);
    settle();
    return left_;
  }
  std::vector<int> send_flows(std::uint16_t flows = kFlows) {
    std::vector<Ipv4Fields> packets;
    packets.reserve(flows);
    for (std::uint16_t i = 0; i < flows; ++i) {
      packets.push_back(packet(i));
    }
    return send(packets);
  }
  [[nodiscard]] Ipv4Fields packet(std::uint16_t flow) const {
    Ipv4Fields fields = bed.from_a_to_b();
    fields.destination = Ipv4{Ipv4{10, 0, 0, 0}.value() + flow};
    return fields;
  }
  // Lets gateways answer and records packets, until nothing moves any more.
  void settle() {
    bool busy = true;
    while (busy) {
      bed.run();
      busy = false;
      for (const PortId port : {kPortB, kPortC}) {
        for (const Frame& frame : bed.sent(port)) {
          busy = true;
          take(frame);
        }
      }
    }
  }
  void pass(Nanoseconds time) {
    for (Nanoseconds gone{}; gone < time; gone += 100ms) {
      bed.clock.advance(100ms);
      settle();
    }
  }
  // Stops a gateway, and sends traffic until the router notices.
  void kill(std::size_t gateway) {
    alive.erase(gateway);
    const auto& table = bed.router->neighbors().table();
    const auto failed = [&] {
      const auto id = table.find({interface_of(kPorts.at(gateway)), kAddresses.at(gateway)});
      return id && table.entry(*id).state == neigh::State::kFailed;
    };
    for (int seconds = 0; seconds < 60 && !failed(); ++seconds) {
      send_flows();
      pass(1s);
    }
    REQUIRE(failed());
  }

  Testbed bed;
  std::set<std::size_t> alive{0, 1, 2};
  int asked = 0;  // ARP requests for dead gateways
  int split = 0;  // fragments that left by another gateway than those before of the same packet

 private:
  void take(const Frame& frame) {
    if (ether_type(frame) == 0x0800) {
      const Mac mac = destination_mac(frame);
      REQUIRE(word(frame, kIpId) < left_.size());
      int& gateway = left_.at(word(frame, kIpId));
      split += gateway != kNowhere && gateway != mac.octets[5] ? 1 : 0;
      gateway = mac.octets[5];
      return;
    }
    for (std::size_t i = 0; i < kGateways; ++i) {
      if (address(frame, kArpTarget) != kAddresses.at(i)) {
        continue;
      }
      if (!alive.contains(i)) {
        ++asked;
        continue;
      }
      const PortId port = kPorts.at(i);
      bed.receive(port, make_arp(2, mac_of(i), kAddresses.at(i), bed.mac(port),
                                 port == kPortB ? kRouterB : kRouterC, bed.mac(port)));
    }
  }

  std::vector<int> left_;
};

std::ptrdiff_t flows_by(const std::vector<int>& paths, int gateway) {
  return std::ranges::count(paths, gateway);
}

}  // namespace

TEST_CASE("flows spread over the gateways by their weights and each stays on its way") {
  Bed bed;
  bed.send_flows(30);
  const auto paths = bed.send_flows();
  CHECK(flows_by(paths, kNowhere) == 0);
  CHECK(static_cast<double>(flows_by(paths, 0)) == Approx(500).margin(60));
  CHECK(static_cast<double>(flows_by(paths, 1)) == Approx(250).margin(50));
  CHECK(static_cast<double>(flows_by(paths, 2)) == Approx(250).margin(50));
  CHECK(bed.send_flows() == paths);
}

TEST_CASE("what waits for a gateway's MAC leaves by the way that its flow keeps") {
  Bed bed;
  const auto first = bed.send_flows(30);  // as many as the queues hold
  CHECK(flows_by(first, kNowhere) == 0);
  for (int gateway = 0; gateway < 3; ++gateway) {
    CHECK(flows_by(first, gateway) > 0);
  }
  CHECK(bed.send_flows(30) == first);
}

TEST_CASE("a dead gateway's flows move and return, and no others do") {
  Bed bed;
  bed.send_flows(30);
  const auto before = bed.send_flows();
  bed.kill(1);
  const auto during = bed.send_flows();
  for (std::size_t i = 0; i < kFlows; ++i) {
    REQUIRE((before[i] == 1 ? during[i] == 0 || during[i] == 2 : during[i] == before[i]));
  }
  // Packets of the failed gateway's flows no longer solicit it; the router does.
  const int asked = bed.asked;
  bed.pass(20s);
  CHECK(bed.asked - asked == Approx(12).margin(3));

  bed.alive.insert(1);
  bed.pass(6s);
  const auto after = bed.send_flows();
  CHECK(static_cast<double>(flows_by(after, 1)) == Approx(250).margin(50));
  for (std::size_t i = 0; i < kFlows; ++i) {
    REQUIRE((after[i] == during[i] || after[i] == 1));
  }
}

TEST_CASE("the flows of a port that loses its link move within a second and no others do") {
  Bed bed;
  bed.send_flows(30);
  const auto before = bed.send_flows();
  const std::uint16_t device = bed.bed.router->ports().at(kPortC.value())->device();
  REQUIRE(rte_eth_dev_set_link_down(device) == 0);
  bed.pass(300ms);
  const auto during = bed.send_flows();
  for (std::size_t i = 0; i < kFlows; ++i) {
    REQUIRE((before[i] == 2 ? during[i] == 0 || during[i] == 1 : during[i] == before[i]));
  }
  REQUIRE(rte_eth_dev_set_link_up(device) == 0);
  bed.pass(300ms);
  CHECK(static_cast<double>(flows_by(bed.send_flows(), 2)) == Approx(250).margin(50));
}

TEST_CASE("with every gateway dead packets ask for them, and find the first that is back") {
  Bed bed;
  bed.alive.clear();
  bed.send_flows(30);
  bed.pass(4s);
  CHECK(bed.bed.drops(stats::DropReason::kHostUnreachable) == 30);
  bed.alive = {2};
  const auto paths = bed.send_flows(30);
  bed.settle();
  CHECK(flows_by(paths, 2) > 0);
  CHECK(flows_by(bed.send_flows(), 2) == kFlows);
  static_cast<void>(bed.bed.sent(kPortA));
}

TEST_CASE("with l4 the connections of two hosts spread, and the pieces of a packet do not") {
  Bed bed{FlowHashPolicy::kL4};
  bed.send_flows(30);
  std::vector<Ipv4Fields> packets;
  for (std::uint8_t i = 0; i < 200; ++i) {
    Ipv4Fields fields = bed.packet(0);
    fields.payload[0] = i;  // the source port
    packets.push_back(fields);
  }
  const auto paths = bed.send(packets);
  for (int gateway = 0; gateway < 3; ++gateway) {
    CHECK(flows_by(paths, gateway) > 20);
  }

  SECTION("those that arrive") {
    for (Ipv4Fields& fields : packets) {
      fields.flags_offset = kMoreFragments;
    }
    for (std::size_t i = 100; i < 200; ++i) {
      packets[i].flags_offset = static_cast<std::uint16_t>(i);
    }
    const auto pieces = bed.send(packets);
    CHECK(std::ranges::count(pieces, pieces.front()) == 200);
  }
  SECTION("nor those that the router cuts") {
    for (Ipv4Fields& fields : packets) {
      fields.payload.resize(1000, 0x5a);
    }
    CHECK(bed.send(packets) == paths);
    CHECK(bed.split == 0);
  }
}

TEST_CASE("an ICMP error takes the way of the flow that it tells of") {
  const auto hash = GENERATE(FlowHashPolicy::kL3, FlowHashPolicy::kL4);
  Bed bed{hash};
  bed.send_flows(30);
  const auto paths = bed.send_flows(200);
  std::vector<Ipv4Fields> errors;
  for (std::uint16_t i = 0; i < 200; ++i) {
    // Host A answers the far end's packet with port unreachable.
    Ipv4Fields answered = bed.packet(i);
    std::swap(answered.source, answered.destination);
    std::swap_ranges(answered.payload.begin(), answered.payload.begin() + 2,
                     answered.payload.begin() + 2);
    const Frame quoted = make_ipv4(answered);
    Ipv4Fields error = bed.packet(i);
    error.protocol = 1;
    error.payload = {3, 3, 0, 0, 0, 0, 0, 0};
    error.payload.insert(error.payload.end(), quoted.begin() + kIp, quoted.begin() + kIp + 28);
    errors.push_back(error);
  }
  CHECK(bed.send(errors) == paths);
}
