// SPDX-License-Identifier: BSD-3-Clause
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "testbed.hpp"

using namespace ringroad;
using namespace ringroad::test;

namespace {

// The number of polls before the first sleep: four pauses of 64 polls each, and the last poll of
// the fifth 64 sleeps.
constexpr int kLooks = 5 * 64;

config::Config with_idle(IdleMode idle) {
  auto config = Testbed::basic_config();
  config.engine.idle = idle;
  return config;
}

struct Resting {
  explicit Resting(IdleMode idle, unsigned tx_ring = 4096)
      : bed{{.config = with_idle(idle), .tx_ring = tx_ring}} {
    bed.resolve_hosts();
    find_something();
  }

  void find_something() {
    bed.receive(kPortA, make_ipv4(bed.from_a_to_b()));
    CHECK(worker().poll_once());
    before = worker().sleeper().counters().sleeps.get();
  }
  // Returns the number of sleeps since the worker last found packets, after this many more polls.
  std::uint64_t sleeps_after(int looks) {
    for (int i = 0; i < looks; ++i) {
      CHECK_FALSE(worker().poll_once());
    }
    return worker().sleeper().counters().sleeps.get() - before;
  }
  worker::Worker& worker() { return *bed.router->workers()[0]; }

  Testbed bed;
  std::uint64_t before = 0;
};

}  // namespace

TEST_CASE(
    "a worker that finds nothing pauses, then sleeps after each look, until it finds a packet") {
  Resting resting{IdleMode::kPause};
  for (int round = 0; round < 2; ++round) {
    CHECK(resting.sleeps_after(kLooks - 1) == 0);
    CHECK(resting.sleeps_after(1) == 1);
    CHECK(resting.sleeps_after(10) == 11);
    CHECK(resting.worker().sleeper().counters().wakes.get() == 0);
    resting.find_something();
  }
}

TEST_CASE("a worker that polls never sleeps") {
  Resting resting{IdleMode::kPoll};
  CHECK(resting.sleeps_after(4 * kLooks) == 0);
}

TEST_CASE("a worker whose bands hold packets does not sleep: they have the timers of their rates") {
  Resting resting{IdleMode::kPause, 2};
  for (int i = 0; i < 3; ++i) {
    resting.find_something();
  }
  CHECK(resting.worker().held() > 0);
  CHECK(resting.sleeps_after(4 * kLooks) == 0);
  while (resting.worker().held() > 0) {
    CHECK(resting.bed.discard(kPortB) > 0);
    CHECK(resting.worker().poll_once());
  }
  CHECK(resting.sleeps_after(kLooks + 10) > 0);
}

TEST_CASE("a worker that sleeps is woken by packets that another hands on to it") {
  auto config = with_idle(IdleMode::kPause);
  config.engine.workers.assign(2, 0);
  for (config::Port& port : config.ports) {
    port.spread = true;
  }
  Testbed bed{{.config = config, .tx_ring = 1U << 14U}};
  bed.resolve_hosts();
  worker::Worker& receiving = *bed.router->workers()[0];
  worker::Worker& sleeping = *bed.router->workers()[1];
  std::atomic<bool> stop{false};
  std::thread thread{[&] { sleeping.run(stop); }};
  // The worker sleeps nearly all the time, 50 us at a time, so many packets arrive during a sleep.
  const auto wakes = [&] { return sleeping.sleeper().counters().wakes.get(); };
  for (int round = 0; round < 20'000 && wakes() == 0; ++round) {
    for (std::uint8_t host = 1; host < 32; ++host) {
      Ipv4Fields fields = bed.from_a_to_b();
      fields.source = Ipv4{192, 168, 1, static_cast<std::uint8_t>(100 + host)};
      bed.receive(kPortA, make_ipv4(fields));
    }
    receiving.poll_once();
    bed.discard(kPortB);
    usleep(100);
  }
  stop = true;
  thread.join();
  CHECK(wakes() > 0);
  bed.run();
}

TEST_CASE("a worker does not ask a port that is stopped, and asks all others") {
  Testbed bed;
  bed.resolve_hosts();
  worker::Worker& worker = *bed.router->workers()[0];
  for (const PortId stopped : {kPortA, kPortB}) {
    worker.set_gate(stopped, worker::Worker::Gate::kStopped);
    bed.receive(kPortA, make_ipv4(bed.from_a_to_b()));
    bed.receive(kPortB, make_ipv4(bed.from_b_to_a()));
    const std::uint64_t before = worker.counters().packets.get();
    worker.poll_once();
    CHECK(worker.counters().packets.get() == before + 1);
    worker.set_gate(stopped, worker::Worker::Gate::kOpen);
    worker.poll_once();
    CHECK(worker.counters().packets.get() == before + 2);
    bed.run();
    CHECK(bed.sent(kPortA).size() == 1);
    CHECK(bed.sent(kPortB).size() == 1);
  }
}
