// SPDX-License-Identifier: BSD-3-Clause
// The schedulers of a file are converted to typed values, with every default filled in.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "config/load.hpp"

namespace ringroad::config {
namespace {

Config parsed(const std::string& yaml) {
  const auto config = parse(yaml, "test.yaml");
  INFO((config ? "" : config.error().front().to_string()));
  REQUIRE(config);
  return *config;
}

const std::string kPort = "ports: {lan: {device: net_tap0, addresses: [10.0.0.1/24]}}\n";

}  // namespace

TEST_CASE("a default priomap fits itself to fewer bands") {
  const Config config = parsed(kPort + "schedulers: {two: {bands: 2}, one: {bands: 1}, all: {}}");
  REQUIRE(config.schedulers.size() == 3);
  CHECK(config.schedulers[0].priomap ==
        std::array<std::uint8_t, 16>{1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1});
  CHECK(config.schedulers[1].priomap == std::array<std::uint8_t, 16>{});
  CHECK(config.schedulers[2].priomap == Scheduler{}.priomap);
  CHECK_FALSE(config.schedulers[2].rate);
}

TEST_CASE("every key of a scheduler and of its bands arrives") {
  const Config config = parsed(kPort + R"(
schedulers:
  edge:
    discipline: drr
    bands: 4
    strict: 1
    priomap: [3, 3, 3, 3, 3, 3, 0, 0, 3, 3, 3, 3, 3, 3, 3, 3]
    dscp: {ef: 0, cs6: 0, af41: 1, 10: 2, df: 3}
    limit: 500
    limit_bytes: 1MiB
    rate: 1Gbit
    burst: 32KiB
    overhead: 24
    byte_limits: false
    each:
      0: {rate: 10Mbit, ceil: 100Mbit, burst: 16KiB, limit: 100, limit_bytes: 100KiB}
      1: {weight: 3, aqm: codel, target: 10ms, interval: 200ms, ecn: true}
      2: {aqm: fq_codel, flows: 256, quantum: 300, ecn: false}
)");
  REQUIRE(config.schedulers.size() == 1);
  Scheduler expected;
  expected.name = "edge";
  expected.discipline = Discipline::kDrr;
  expected.bands = 4;
  expected.strict = 1;
  expected.priomap.fill(3);
  expected.priomap[6] = expected.priomap[7] = 0;
  expected.dscp[46] = expected.dscp[48] = 0;
  expected.dscp[34] = 1;
  expected.dscp[10] = 2;
  expected.dscp[0] = 3;
  expected.limit = 500;
  expected.limit_bytes = Bytes{1U << 20U};
  expected.rate = BitsPerSecond{1'000'000'000};
  expected.burst = Bytes{32U << 10U};
  expected.overhead = 24;
  expected.byte_limits = false;
  expected.each[0] = {.limit = 100,
                      .limit_bytes = Bytes{100U << 10U},
                      .burst = Bytes{16U << 10U},
                      .rate = BitsPerSecond{10'000'000},
                      .ceil = BitsPerSecond{100'000'000}};
  expected.each[1] = {.weight = 3,
                      .aqm = Aqm::kCodel,
                      .target = std::chrono::milliseconds{10},
                      .interval = std::chrono::milliseconds{200},
                      .ecn = true};
  expected.each[2] = {.aqm = Aqm::kFqCodel, .flows = 256, .quantum = Bytes{300}};
  CHECK(config.schedulers[0] == expected);
}

TEST_CASE("a scheduler that says no more than its bands is strict, as it always was") {
  const Config config = parsed(kPort + "schedulers: {edge: {bands: 4, rate: 1Gbit}}");
  Scheduler expected;
  expected.name = "edge";
  expected.discipline = Discipline::kPrio;
  expected.bands = 4;
  expected.rate = BitsPerSecond{1'000'000'000};
  CHECK(config.schedulers[0] == expected);
}

TEST_CASE("pfifo has one band and pfifo_fast has Linux's three") {
  const Config config = parsed(
      kPort +
      "schedulers: {a: {discipline: pfifo}, b: {discipline: pfifo, bands: 1, dscp: {ef: 0}}, "
      "c: {discipline: pfifo_fast, limit: 10}}");
  for (const std::size_t i : {0U, 1U}) {
    CHECK(config.schedulers[i].discipline == Discipline::kPfifo);
    CHECK(config.schedulers[i].bands == 1);
    CHECK(config.schedulers[i].priomap == std::array<std::uint8_t, 16>{});
  }
  Scheduler fast;
  fast.name = "c";
  fast.limit = 10;
  CHECK(config.schedulers[2] == fast);
}

TEST_CASE("a band's ceil is its rate unless it says so, and ECN is as tc has it") {
  const Config config = parsed(
      kPort +
      "schedulers: {a: {bands: 4, overhead: ethernet, each: {0: {rate: 2Mbit}, 1: {ceil: 3Mbit}, "
      "2: {aqm: codel}, 3: {aqm: fq_codel}}}}");
  const Scheduler& scheduler = config.schedulers[0];
  CHECK(scheduler.overhead == 24);
  CHECK(scheduler.each[0].rate == BitsPerSecond{2'000'000});
  CHECK(scheduler.each[0].ceil == BitsPerSecond{2'000'000});
  CHECK_FALSE(scheduler.each[1].rate);
  CHECK(scheduler.each[1].ceil == BitsPerSecond{3'000'000});
  CHECK_FALSE(scheduler.each[1].burst);
  CHECK_FALSE(scheduler.each[2].ecn);
  CHECK(scheduler.each[3].ecn);
}

TEST_CASE("each DSCP may be said by its name or its number") {
  const Config config = parsed(
      kPort +
      "schedulers: {a: {dscp: {be: 2, le: 1, cs7: 0, af11: 1, af43: 1, va: 0, ef: 0, 63: 2}}}");
  std::array<std::optional<std::uint8_t>, 64> expected{};
  for (const auto& [dscp, band] : std::vector<std::pair<std::size_t, std::uint8_t>>{
           {0, 2}, {1, 1}, {56, 0}, {10, 1}, {38, 1}, {44, 0}, {46, 0}, {63, 2}}) {
    expected.at(dscp) = band;
  }
  CHECK(config.schedulers[0].dscp == expected);
}

TEST_CASE("a port has the scheduler it names, or pfifo_fast") {
  const Config config = parsed(
      "ports:\n  a: {device: net_tap0, scheduler: edge}\n  b: {device: net_tap1}\n"
      "  c: {device: net_tap2, scheduler: pfifo_fast}\n"
      "schedulers: {edge: {bands: 2, rate: 2.5Gbit, burst: 1518}}");
  CHECK(config.scheduler_of(config.ports[0]) == config.schedulers[0]);
  CHECK(config.schedulers[0].rate == BitsPerSecond{2'500'000'000});
  CHECK(config.scheduler_of(config.ports[1]) == Scheduler{});
  CHECK(config.scheduler_of(config.ports[2]) == Scheduler{});
}

}  // namespace ringroad::config
