// SPDX-License-Identifier: BSD-3-Clause
// However many packets wait in the router, reception finds buffers, and flows to known hosts lose
// no packet.
#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "testbed.hpp"

using namespace ringroad;
using namespace ringroad::test;
using stats::DropReason;

namespace {

// Besides the known hosts on a and b there are absent hosts on the port `dark`, a slow port, and a
// port that sends nothing.
constexpr PortId kDark{2};
constexpr PortId kSlow{3};
constexpr Ipv4 kSlowHost{192, 168, 4, 2};
constexpr Ipv4 kStuckHost{192, 168, 5, 2};
constexpr unsigned kTxRing = 256;

config::Config holders_config(std::uint32_t buffers, std::size_t workers) {
  config::Config config = Testbed::basic_config();
  config.engine.memory.buffers = buffers;
  config.engine.workers.assign(workers, 0);
  config.arp.gc_thresh = {128, 30'000, 60'000};
  const auto add = [&](const char* name, Ipv4 address, std::uint8_t length, const char* scheduler) {
    config::Port port;
    port.name = name;
    port.addresses = {{address, length}};
    port.scheduler = scheduler;
    config.ports.push_back(port);
  };
  add("dark", Ipv4{10, 0, 0, 1}, 8, "");
  add("slow", Ipv4{192, 168, 4, 1}, 24, "slow");
  add("stuck", Ipv4{192, 168, 5, 1}, 24, "slow");
  config::Scheduler slow;
  slow.name = "slow";
  slow.limit = 1'000'000;
  slow.rate = BitsPerSecond{1'000'000};
  config.schedulers = {slow};
  config.neighbors = {{kSlowHost, "slow", kMacB}, {kStuckHost, "stuck", kMacB}};
  return config;
}

class Holders {
 public:
  Holders(Testbed& bed, unsigned seed) : bed_{bed}, random_{seed + 1} {}

  void known() {
    receive(kPortA, make_ipv4(bed_.from_a_to_b()));
    receive(kPortB, make_ipv4(bed_.from_b_to_a()));
    known_ += 2;
  }
  void to_absent_host() {
    send_to(Ipv4{(10U << 24U) + 256 + static_cast<std::uint32_t>(random_() % 20'000)});
  }
  void to_slow_host() { send_to(random_() % 2 == 0 ? kSlowHost : kStuckHost); }
  void first_fragment() {
    auto fields = bed_.from_a_to_b();
    fields.destination = kRouterA;
    fields.id = static_cast<std::uint16_t>(random_());
    fields.flags_offset = 0x2000;
    fields.payload.resize(1024);
    receive(kPortA, make_ipv4(fields));
  }
  void dying() {
    auto fields = bed_.from_a_to_b();
    fields.ttl = 1;
    receive(kPortA, make_ipv4(fields));
  }
  // Reads the sent frames of all ports but the stuck one.
  void look() {
    for (const PortId port : {kPortA, kPortB}) {
      for (const Frame& frame : bed_.sent(port)) {
        const Ipv4 destination = ether_type(frame) == 0x0800 ? ip_destination(frame) : Ipv4{};
        const bool arrived = (destination == kHostA || destination == kHostB) && frame[23] == 17;
        arrived_ += arrived ? 1U : 0U;
      }
    }
    bed_.discard(kDark);
    bed_.discard(kSlow);
  }
  [[nodiscard]] std::uint64_t sent() const { return known_; }
  [[nodiscard]] std::uint64_t arrived() const { return arrived_; }
  // The number of times that a device found no buffer.
  [[nodiscard]] std::uint64_t missed() const { return missed_; }

 private:
  void send_to(Ipv4 destination) {
    auto fields = bed_.from_a_to_b();
    fields.destination = destination;
    receive(kPortA, make_ipv4(fields));
  }
  void receive(PortId port, const Frame& frame) {
    missed_ += bed_.receive_as_device(port, frame) ? 0U : 1U;
  }

  Testbed& bed_;
  std::minstd_rand random_;
  std::uint64_t known_ = 0;
  std::uint64_t arrived_ = 0;
  std::uint64_t missed_ = 0;
};

void poll_workers(Testbed& bed) {
  for (const auto& worker : bed.router->workers()) {
    worker->poll_once();
  }
}

// Runs each kind of holder in each step. The control thread runs in `often` of ten steps.
void hold(Testbed& bed, Holders& holders, const std::vector<void (Holders::*)()>& kinds, int steps,
          unsigned often, std::minstd_rand& random) {
  for (int step = 0; step < steps; ++step) {
    for (int i = 0; i < 8; ++i) {
      holders.known();
    }
    for (const auto kind : kinds) {
      for (auto i = random() % 16; i > 0; --i) {
        (holders.*kind)();
      }
    }
    poll_workers(bed);
    if (random() % 10 < often) {
      bed.router->run_once();
    }
    poll_workers(bed);
    bed.clock.advance(100us * (1 + random() % 10));
    holders.look();
    if (step % 100 == 0) {
      REQUIRE(bed.router->ledger().balanced());
    }
  }
  bed.run();
  holders.look();
}

}  // namespace

TEST_CASE("a scan of absent hosts costs flows to known hosts nothing") {
  const auto [buffers, workers] =
      GENERATE(std::pair{4096U, 1U}, std::pair{8192U, 2U}, std::pair{16384U, 1U});
  Testbed bed{{.config = holders_config(buffers, workers), .tx_ring = kTxRing}};
  bed.resolve_hosts();
  Holders holders{bed, 1};
  std::minstd_rand random{5};
  hold(bed, holders, {&Holders::to_absent_host}, 2500, 10, random);
  CHECK(holders.missed() == 0);
  CHECK(holders.arrived() == holders.sent());
  // As many packets wait as the budget allows, and the oldest ones were dropped.
  const auto& neighbors = bed.router->neighbors();
  CHECK(neighbors.held_buffers() == bed.router->pools().budget().neighbors());
  CHECK(bed.drops(DropReason::kNeighborMemory) > 0);
  CHECK(bed.all_drops() ==
        bed.drops(DropReason::kNeighborMemory) + bed.drops(DropReason::kNeighborQueueFull));
}

TEST_CASE("ports that send little or nothing cost flows by other ports nothing") {
  const auto workers = GENERATE(1U, 2U);
  Testbed bed{{.config = holders_config(8192, workers), .tx_ring = kTxRing}};
  bed.resolve_hosts();
  Holders holders{bed, 2};
  std::minstd_rand random{6};
  hold(bed, holders, {&Holders::to_slow_host}, 2500, 10, random);
  CHECK(holders.missed() == 0);
  CHECK(holders.arrived() == holders.sent());
  const auto waiting = bed.router->waiting();
  CHECK(waiting.bands <= bed.router->pools().budget().bands());
  CHECK(waiting.bands > bed.router->pools().budget().bands() / 2);
  CHECK(bed.drops(DropReason::kBandMemory) > 0);
  CHECK(bed.all_drops() == bed.drops(DropReason::kBandMemory));
}

TEST_CASE("under any mix of holders flows to known hosts lose nothing") {
  const auto seed = GENERATE(range(0U, 8U));
  std::minstd_rand random{seed + 1};
  const std::uint32_t buffers = 2048U << random() % 3;
  Testbed bed{{.config = holders_config(buffers, 1 + seed % 3), .tx_ring = kTxRing}};
  bed.resolve_hosts();
  Holders holders{bed, seed};
  std::vector<void (Holders::*)()> kinds{&Holders::to_absent_host, &Holders::to_slow_host,
                                         &Holders::first_fragment, &Holders::dying};
  std::ranges::shuffle(kinds, random);
  kinds.resize(1 + random() % kinds.size());
  // In some runs the control thread has few turns, so the rings to it fill.
  hold(bed, holders, kinds, 1500, static_cast<unsigned>(1 + random() % 10), random);
  CHECK(holders.missed() == 0);
  CHECK(holders.arrived() == holders.sent());
  CHECK(bed.router->ledger().balanced());
  const auto& budget = bed.router->pools().budget();
  const auto waiting = bed.router->waiting();
  CHECK(waiting.neighbors <= budget.neighbors());
  CHECK(waiting.reassembly <= budget.reassembly() + 1);
}

TEST_CASE(
    "a router with too few buffers for its workers does not start, and says how many it takes") {
  config::Config config = Testbed::basic_config();
  config.engine.workers.assign(8, 0);
  config.engine.memory.buffers = 2048;
  const Clock clock{Clock::Manual{}};
  config.ports[0].device = "net_null70";
  config.ports[1].device = "net_null71";
  const auto opened = control::Router::open(config, clock);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().what.find("engine.memory.buffers: 2048 are too few") != std::string::npos);
  const auto at = opened.error().what.rfind("it takes ");
  REQUIRE(at != std::string::npos);
  config.engine.memory.buffers =
      static_cast<std::uint32_t>(std::stoul(opened.error().what.substr(at + 9)));
  CHECK(config.engine.memory.buffers > 2048);
  config.ports[0].device = "net_null72";
  config.ports[1].device = "net_null73";
  auto again = control::Router::open(config, clock);
  REQUIRE(again);
  CHECK((*again)->shut_down());
}
