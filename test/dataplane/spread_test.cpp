// SPDX-License-Identifier: BSD-3-Clause
// RPS: the flows of one RX queue are distributed to several workers, each in its order.
#include <catch2/catch.hpp>
#include <map>

#include "testbed.hpp"

using namespace ringroad;
using namespace ringroad::test;

namespace {

config::Config with_workers(std::size_t count, bool spread) {
  auto config = Testbed::basic_config();
  config.engine.workers.clear();
  for (unsigned core = 0; core < count; ++core) {
    config.engine.workers.push_back(core);
  }
  for (config::Port& port : config.ports) {
    port.spread = spread;
  }
  return config;
}

constexpr unsigned kFlows = 250;
constexpr std::uint16_t kRounds = 20;

Ipv4 source_of(unsigned flow) { return Ipv4{10, 7, 0, static_cast<std::uint8_t>(flow + 1)}; }

void receive_round(Testbed& bed, std::uint16_t round) {
  for (unsigned flow = 0; flow < kFlows; ++flow) {
    auto fields = bed.from_a_to_b();
    fields.source = source_of(flow);
    fields.id = round;
    bed.receive(kPortA, make_ipv4(fields));
  }
}

std::uint64_t packets_of(const Testbed& bed, std::size_t worker) {
  return bed.router->workers().at(worker)->counters().packets.get();
}

}  // namespace

TEST_CASE("the flows of a queue that is spread go to all workers, each in its order") {
  const auto workers = GENERATE(2U, 3U, 5U);
  Testbed bed{{.config = with_workers(workers, true)}};
  bed.resolve_hosts();
  bed.discard(kPortB);
  std::map<Ipv4, std::uint16_t> next;
  for (std::uint16_t round = 0; round < kRounds; ++round) {
    receive_round(bed, round);
    if (round % 2 == 1) {
      bed.run();
      for (const Frame& frame : bed.sent(kPortB)) {
        CHECK(word(frame, kIp + 4) == next[ip_source(frame)]++);
      }
    }
  }
  CHECK(next.size() == kFlows);
  for (const auto& [source, count] : next) {
    CHECK(count == kRounds);
  }
  for (std::size_t worker = 0; worker < workers; ++worker) {
    // The hash has a secret that differs from run to run. Every worker gets at least a third of an
    // even share: 17 of 50 flows, five standard deviations below the mean.
    CHECK(packets_of(bed, worker) > std::uint64_t{kFlows} * kRounds / workers / 3);
  }
}

TEST_CASE("a queue that is not spread is one worker's") {
  Testbed bed{{.config = with_workers(2, false)}};
  bed.resolve_hosts();
  const std::uint64_t before = packets_of(bed, 1);
  receive_round(bed, 0);
  bed.run();
  CHECK(packets_of(bed, 1) == before);
}

TEST_CASE("what is no IPv4 packet, or none that is whole, stays with the worker that received it") {
  Testbed bed{{.config = with_workers(3, true)}};
  bed.resolve_hosts();
  Frame truncated = make_ipv4(bed.from_a_to_b());
  truncated.resize(30);
  const std::uint64_t before = bed.all_drops();
  bed.receive(kPortA, truncated);
  bed.run();
  CHECK(bed.all_drops() == before + 1);
}

TEST_CASE("a worker that is behind loses what has no room, and says so") {
  Testbed bed{{.config = with_workers(2, true), .tx_ring = 1U << 15U}};
  bed.resolve_hosts();
  // Only the receiving worker runs, so the other worker's packets accumulate.
  const auto received = [&] {
    std::uint64_t packets = 0;
    for (const auto& worker : bed.router->workers()) {
      packets += worker->interface(interface_of(kPortA)).rx_packets.get();
    }
    return packets;
  };
  const std::uint64_t before = received();
  for (std::uint16_t round = 0; round < kRounds * 2; ++round) {
    receive_round(bed, round);
    bed.router->workers()[0]->poll_once();
  }
  CHECK(bed.drops(stats::DropReason::kInjectQueueFull) > 0);
  bed.run();
  CHECK(received() - before == std::uint64_t{kFlows} * kRounds * 2);
}

TEST_CASE("a worker that sends through one that is behind loses what has no room, and says so") {
  // Each port has one TX queue, which the first worker owns; the second worker receives port b's
  // packets.
  Testbed bed{{.config = with_workers(2, false), .tx_ring = 1U << 14U}};
  bed.resolve_hosts();
  for (int round = 0; round < 100; ++round) {
    for (int i = 0; i < 64; ++i) {
      bed.receive(kPortB, make_ipv4(bed.from_b_to_a()));
    }
    bed.router->workers()[1]->poll_once();
  }
  CHECK(bed.drops(stats::DropReason::kInjectQueueFull) > 0);
  bed.run();
  CHECK(bed.discard(kPortA) + bed.drops(stats::DropReason::kInjectQueueFull) >= 6400);
}
