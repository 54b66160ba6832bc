// SPDX-License-Identifier: BSD-3-Clause
// Packets that waited for a neighbor must leave before later ones, for any number of neighbors that
// answer at once, whatever the workers and the control thread do meanwhile.
#include <catch2/catch.hpp>
#include <deque>
#include <map>
#include <random>
#include <utility>

#include "hooked.hpp"
#include "testbed.hpp"

using namespace ringroad;
using namespace ringroad::test;
using stats::DropReason;

namespace {

// Hosts in the subnets of both ports; no host is known at first.
Ipv4 host_on(PortId port, std::uint32_t number) {
  return Ipv4{(port == kPortA ? kRouterA : kRouterB).value() + 2 + number};
}
Mac mac_of(std::uint32_t number) { return {{0x02, 0, 0, 0, 1, static_cast<std::uint8_t>(number)}}; }

// Sends numbered packets from port to port, and checks that each host's packets arrive in that
// order.
class Order {
 public:
  explicit Order(Testbed& bed) : bed_{bed} {}

  void send(PortId to, std::uint32_t host, std::uint8_t tos = 0) {
    Ipv4Fields fields;
    fields.destination_mac = bed_.mac(from(to));
    fields.source = host_on(from(to), 200);
    fields.destination = host_on(to, host);
    fields.tos = tos;
    fields.id = ++sent_[{to, fields.destination}];
    bed_.receive(from(to), make_ipv4(fields));
  }
  void answer(PortId to, std::uint32_t host) {
    const Ipv4 router = to == kPortA ? kRouterA : kRouterB;
    bed_.receive(to,
                 make_arp(2, mac_of(host), host_on(to, host), bed_.mac(to), router, bed_.mac(to)));
  }
  // Reads the frames that were sent.
  void look() {
    for (const PortId port : {kPortA, kPortB}) {
      for (const Frame& frame : bed_.sent(port)) {
        if (ether_type(frame) != 0x0800) {
          continue;
        }
        const std::uint16_t number = word(frame, kIpId);
        std::uint16_t& last = last_[{port, ip_destination(frame)}];
        late_ += number < last ? 1U : 0U;
        last = std::max(last, number);
        ++arrived_;
      }
    }
  }
  [[nodiscard]] unsigned late() const { return late_; }
  [[nodiscard]] unsigned arrived() const { return arrived_; }

 private:
  static PortId from(PortId to) { return to == kPortA ? kPortB : kPortA; }

  Testbed& bed_;
  std::map<std::pair<PortId, Ipv4>, std::uint16_t> sent_;
  std::map<std::pair<PortId, Ipv4>, std::uint16_t> last_;
  unsigned late_ = 0;
  unsigned arrived_ = 0;
};

config::Config with_workers(std::size_t count, bool spread = false) {
  auto config = Testbed::basic_config();
  config.engine.workers.assign(count, 0);
  for (config::Port& port : config.ports) {
    port.spread = spread;
  }
  return config;
}

void poll_workers(Testbed& bed) {
  for (const auto& worker : bed.router->workers()) {
    while (worker->poll_once()) {
    }
  }
}

// A hook runs the control thread at any point of a worker's loop.
control::Router* meanwhile = nullptr;
std::minstd_rand* chance = nullptr;

void perhaps_run_control(void* /*state*/, StageContext& /*context*/, const Burst& /*burst*/,
                         HookVerdicts& /*verdicts*/) {
  static bool runs = false;  // the control thread's own packets pass hooks too
  if (!runs && (*chance)() % 3 == 0) {
    runs = true;
    meanwhile->run_once();
    runs = false;
  }
}

}  // namespace

TEST_CASE("packets that waited for several neighbors leave before those that come next") {
  const auto workers = GENERATE(1U, 2U);
  const auto [packets, hosts] = GENERATE(std::pair{3U, 1U}, std::pair{20U, 8U}, std::pair{80U, 8U},
                                         std::pair{63U, 60U}, std::pair{20U, 190U});
  Testbed bed{{.config = with_workers(workers), .tx_ring = 1U << 14U}};
  Order order{bed};
  for (std::uint32_t host = 0; host < hosts; ++host) {
    order.send(kPortB, host);
    order.send(kPortA, host);
  }
  bed.run();
  for (std::uint32_t i = 1; i < packets; ++i) {
    for (std::uint32_t host = 0; host < hosts; ++host) {
      order.send(kPortB, host);
      order.send(kPortA, host);
    }
    bed.run();
  }
  const std::uint64_t waiting = bed.router->neighbors().held();
  for (std::uint32_t host = 0; host < hosts; ++host) {
    order.answer(kPortB, host);
    order.answer(kPortA, host);
  }
  poll_workers(bed);
  bed.router->run_once();
  for (std::uint32_t host = 0; host < hosts; ++host) {
    order.send(kPortB, host);
    order.send(kPortA, host);
  }
  bed.run();
  order.look();
  CHECK(order.arrived() == waiting + std::uint64_t{2} * hosts);
  CHECK(order.late() == 0);
  CHECK(bed.drops(DropReason::kInjectQueueFull) == 0);
}

TEST_CASE("an answer waits for more packets than the control thread sees to in a round") {
  Testbed bed;
  Order order{bed};
  order.send(kPortB, 0);
  bed.run();
  for (std::uint32_t other = 0; other < 1000; ++other) {
    order.send(kPortB, 100 + other % 100);
  }
  for (int i = 0; i < 10; ++i) {
    order.send(kPortB, 0);
  }
  poll_workers(bed);
  order.answer(kPortB, 0);
  poll_workers(bed);
  for (int i = 0; i < 5; ++i) {
    bed.router->run_once();
    order.send(kPortB, 0);
    poll_workers(bed);
  }
  bed.run();
  order.look();
  CHECK(order.arrived() == 1 + 10 + 5);
  CHECK(order.late() == 0);
}

TEST_CASE("order holds for any mix of packets, answers and turns of the threads") {
  const auto seed = GENERATE(range(0U, 30U));
  std::minstd_rand generator{seed + 1};
  const auto random = [&] { return static_cast<std::uint32_t>(generator()); };
  const auto workers = 1 + seed % 3;
  Testbed bed{{.config = with_workers(workers, seed % 4 == 3), .tx_ring = 1U << 14U}};
  Order order{bed};
  meanwhile = bed.router.get();
  chance = &generator;
  std::deque<Hooked> hooked;
  for (const auto point : {HookPoint::kPreRouting, HookPoint::kForward, HookPoint::kPostRouting}) {
    hooked.emplace_back(bed, point, perhaps_run_control);
  }
  const std::uint32_t hosts = 1 + random() % 60;
  std::uint64_t sent = 0;
  for (int step = 0; step < 300; ++step) {
    const PortId port = random() % 2 == 0 ? kPortA : kPortB;
    switch (random() % 6) {
      case 0:
      case 1:
      case 2:
        for (std::uint32_t i = random() % 40; i > 0; --i) {
          order.send(port, random() % hosts);
          ++sent;
        }
        break;
      case 3:
        for (std::uint32_t i = random() % 8 == 0 ? random() % hosts : random() % 2; i > 0; --i) {
          order.answer(port, random() % hosts);
        }
        break;
      case 4:
        bed.router->workers()[random() % workers]->poll_once();
        break;
      default:
        bed.router->run_once();
    }
  }
  bed.run();
  for (std::uint32_t host = 0; host < hosts; ++host) {
    order.answer(kPortA, host);
    order.answer(kPortB, host);
  }
  bed.run();
  order.look();
  hooked.clear();
  CHECK(order.late() == 0);
  CHECK(bed.drops(DropReason::kInjectQueueFull) == 0);
  CHECK(order.arrived() == sent - bed.drops(DropReason::kNeighborQueueFull) -
                               bed.drops(DropReason::kPuntQueueFull) -
                               bed.drops(DropReason::kNeighborMemory));
}
