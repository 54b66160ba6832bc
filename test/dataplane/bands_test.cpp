// SPDX-License-Identifier: BSD-3-Clause
#include <catch2/catch.hpp>

#include "testbed.hpp"

using namespace ringroad;
using namespace ringroad::test;
using stats::DropReason;

namespace {

constexpr std::uint8_t kUrgent = 0x10;
constexpr std::uint8_t kBulk = 0x08;

void send(Testbed& bed, std::uint8_t tos, std::uint16_t id) {
  auto fields = bed.from_a_to_b();
  fields.tos = tos;
  fields.id = id;
  bed.receive(kPortA, make_ipv4(fields));
}

}  // namespace

TEST_CASE("on a port that is held back the urgent overtake the bulk, each in its order") {
  Testbed bed{{.config = Testbed::basic_config(), .tx_ring = 8}};
  bed.resolve_hosts();
  for (std::uint16_t i = 0; i < 100; ++i) {
    send(bed, kBulk, i);
  }
  bed.run();
  for (std::uint16_t i = 0; i < 50; ++i) {
    send(bed, kUrgent, static_cast<std::uint16_t>(1000 + i));
  }
  bed.run();
  std::vector<Frame> all;
  for (int round = 0; round < 100; ++round) {
    const auto some = bed.sent(kPortB);
    all.insert(all.end(), some.begin(), some.end());
    bed.run();
  }
  REQUIRE(all.size() == 150);
  std::uint16_t next_bulk = 0;
  std::uint16_t next_urgent = 1000;
  std::size_t last_urgent = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::uint16_t id = word(all[i], kIpId);
    if (id >= 1000) {
      CHECK(id == next_urgent++);
      last_urgent = i;
    } else {
      CHECK(id == next_bulk++);
    }
  }
  // Only the packets that the ring (8) and the head of the queue (a batch) already held are sent
  // before the urgent ones.
  CHECK(last_urgent < 50 + 8 + 64);
  CHECK(next_bulk > 0);
  CHECK(bed.all_drops() == 0);
}

TEST_CASE("what waits in bands leaves as far as there is room when the worker stops") {
  Testbed bed{{.config = Testbed::basic_config(), .tx_ring = 64}};
  bed.resolve_hosts();
  for (int i = 0; i < 100; ++i) {
    bed.receive(kPortB, make_ipv4(bed.from_b_to_a()));
  }
  bed.run();
  CHECK(bed.discard(kPortA) == 64);
  const std::atomic<bool> stop{true};
  bed.router->workers()[0]->run(stop);
  CHECK(bed.discard(kPortA) == 36);
}

TEST_CASE("the last packet that the control thread handed over leaves as the worker stops") {
  Testbed bed;
  bed.resolve_hosts();
  bed.receive(kPortA, make_ipv4(bed.long_ping(kRouterA)));
  worker::Worker& worker = *bed.router->workers()[0];
  worker.poll_once();
  bed.router->run_once();
  CHECK(worker.injected() == 1);
  const std::atomic<bool> stop{true};
  worker.run(stop);
  CHECK(bed.sent(kPortA).size() == 1);
}

TEST_CASE("a full band drops its newest and no other's") {
  auto config = Testbed::basic_config();
  config.schedulers = {{.name = "short", .limit = 20, .rate = {}}};
  config.ports[1].scheduler = "short";
  Testbed bed{{.config = config, .tx_ring = 1}};
  bed.resolve_hosts();
  for (std::uint16_t i = 0; i < 200; ++i) {
    send(bed, kBulk, i);
  }
  bed.run();
  send(bed, kUrgent, 1000);
  bed.run();
  const std::uint64_t dropped = bed.drops(DropReason::kBandFull);
  CHECK(dropped > 0);
  std::vector<std::uint16_t> ids;
  for (int round = 0; round < 400; ++round) {
    for (const Frame& frame : bed.sent(kPortB)) {
      ids.push_back(word(frame, kIpId));
    }
    bed.run();
  }
  CHECK(ids.size() == 201 - dropped);
  CHECK(std::ranges::count(ids, 1000) == 1);
  std::erase(ids, 1000);
  CHECK(std::ranges::is_sorted(ids));
}

TEST_CASE("a port without backlog sends past the bands") {
  Testbed bed;
  bed.resolve_hosts();
  const auto direct = [&] {
    return bed.router->workers()[0]->tx(kPortB)->bands().direct_packets();
  };
  const std::uint64_t before = direct();
  send(bed, 0, 1);
  bed.run();
  CHECK(direct() == before + 1);
  CHECK(bed.router->workers()[0]->tx(kPortB)->backlog() == 0);
}

TEST_CASE("a held back port does not hold up another") {
  Testbed bed{{.config = Testbed::basic_config(), .tx_ring = 4}};
  bed.resolve_hosts();
  for (std::uint16_t i = 0; i < 500; ++i) {
    send(bed, 0, i);
  }
  bed.run();
  bed.receive(kPortB, make_ipv4(bed.from_b_to_a()));
  bed.run();
  CHECK(bed.sent(kPortA).size() == 1);
}

TEST_CASE("a shaped port sends at its rate") {
  auto config = Testbed::basic_config();
  config.schedulers = {{.name = "slow", .rate = BitsPerSecond{8'000'000}, .burst = Bytes{2000}}};
  config.ports[1].scheduler = "slow";
  Testbed bed{{.config = config}};
  bed.resolve_hosts();
  bed.advance(1s);
  auto fields = bed.from_a_to_b();
  fields.payload.assign(986 - 20, 0);  // frames of 1000 bytes: one a millisecond
  for (int i = 0; i < 500; ++i) {
    bed.receive(kPortA, make_ipv4(fields));
  }
  bed.run();
  CHECK(bed.sent(kPortB).size() == 2);  // the burst
  std::size_t sent = 0;
  for (int millisecond = 0; millisecond < 100; ++millisecond) {
    bed.advance(1ms);
    sent += bed.sent(kPortB).size();
  }
  CHECK(sent >= 99);
  CHECK(sent <= 101);
  bed.advance_in_steps(1s, 10ms);
}

namespace {

config::Config with_scheduler(config::Scheduler scheduler) {
  auto config = Testbed::basic_config();
  scheduler.name = "edge";
  config.schedulers = {scheduler};
  config.ports[1].scheduler = "edge";
  return config;
}

}  // namespace

TEST_CASE("a DSCP that the scheduler names overtakes, tagged or not") {
  config::Scheduler scheduler;
  scheduler.dscp[46] = 0;
  auto config = with_scheduler(scheduler);
  config.ports.push_back(sub_interface("b.7", "b", 7, {Ipv4{10, 7, 0, 1}, 24}));
  Testbed bed{{.config = config, .tx_ring = 1}};
  bed.resolve_hosts();
  for (std::uint16_t i = 0; i < 50; ++i) {
    send(bed, 0, i);
  }
  bed.run();
  send(bed, 0xb8, 1000);
  bed.run();
  std::vector<std::uint16_t> ids;
  for (int round = 0; round < 60; ++round) {
    for (const Frame& frame : bed.sent(kPortB)) {
      ids.push_back(word(frame, kIpId));
    }
    bed.run();
  }
  REQUIRE(ids.size() == 51);
  const auto at = std::ranges::find(ids, 1000) - ids.begin();
  CHECK(at < 10);
}

TEST_CASE("CoDel marks what takes marks, and its drops have a reason of their own") {
  config::Scheduler scheduler;
  scheduler.rate = BitsPerSecond{8'000'000};
  scheduler.burst = Bytes{2000};
  scheduler.each[1].aqm = Aqm::kCodel;
  scheduler.each[1].ecn = true;
  Testbed bed{{.config = with_scheduler(scheduler)}};
  bed.resolve_hosts();
  const bool marks = GENERATE(true, false);
  auto fields = bed.from_a_to_b();
  fields.payload.assign(966, 0);
  fields.tos = marks ? 2 : 0;
  std::size_t marked = 0;
  for (int millisecond = 0; millisecond < 500; ++millisecond) {
    bed.receive(kPortA, make_ipv4(fields));
    bed.receive(kPortA, make_ipv4(fields));
    bed.advance(1ms);
    for (const Frame& frame : bed.sent(kPortB)) {
      if (ether_type(frame) == RTE_ETHER_TYPE_IPV4) {
        marked += (frame[kIp + 1] & 3U) == 3U ? 1U : 0U;
        CHECK(ip_checksum_right(frame));
      }
    }
  }
  CHECK((marked > 0) == marks);
  CHECK((bed.drops(DropReason::kQueueManaged) > 0) == !marks);
  const auto counters = bed.router->workers()[0]->tx(kPortB)->bands().counters();
  CHECK(counters[1].marked.get() == marked);
}

TEST_CASE("what waits is dropped when the link goes, and nothing waits for it") {
  config::Scheduler scheduler;
  scheduler.rate = BitsPerSecond{8'000'000};
  scheduler.burst = Bytes{2000};
  Testbed bed{{.config = with_scheduler(scheduler)}};
  bed.resolve_hosts();
  for (std::uint16_t i = 0; i < 50; ++i) {
    auto fields = bed.from_a_to_b();
    fields.payload.assign(966, 0);
    bed.receive(kPortA, make_ipv4(fields));
  }
  bed.run();
  REQUIRE(bed.router->workers()[0]->tx(kPortB)->backlog() > 40);
  CHECK(bed.router->links().set_link(interface_of(kPortB), false));
  bed.run();
  CHECK(bed.router->workers()[0]->tx(kPortB)->backlog() == 0);
  CHECK(bed.drops(DropReason::kPortDown) > 40);
  CHECK(bed.router->links().set_link(interface_of(kPortB), true));
  bed.advance(1s);
  bed.resolve_hosts();
  const std::size_t before = bed.discard(kPortB);
  static_cast<void>(before);
  send(bed, 0, 1);
  bed.run();
  CHECK(bed.sent(kPortB).size() == 1);
}

TEST_CASE("a port that takes nothing for five seconds is reset, and goes on") {
  Testbed bed{{.config = Testbed::basic_config(), .tx_ring = 4}};
  bed.resolve_hosts();
  for (std::uint16_t i = 0; i < 20; ++i) {
    send(bed, 0, i);
  }
  bed.run();
  CHECK(bed.router->workers()[0]->tx(kPortB)->backlog() > 0);
  bed.advance_in_steps(4s);
  CHECK(bed.router->links().tx_hangs(kPortB) == 0);
  bed.advance_in_steps(2s);
  CHECK(bed.router->links().tx_hangs(kPortB) == 1);
  bed.advance_in_steps(5s);
  CHECK(bed.router->links().tx_hangs(kPortB) == 2);  // one more in each interval
  std::vector<std::uint16_t> ids;
  for (int round = 0; round < 30; ++round) {
    for (const Frame& frame : bed.sent(kPortB)) {
      if (ether_type(frame) == RTE_ETHER_TYPE_IPV4) {
        ids.push_back(word(frame, kIpId));
      }
    }
    bed.run();
  }
  CHECK(ids.size() == 20);
  CHECK(std::ranges::is_sorted(ids));
  CHECK(bed.router->links().tx_hangs(kPortA) == 0);
}
