// SPDX-License-Identifier: BSD-3-Clause
#include <catch2/catch.hpp>

#include "bench.hpp"

using namespace ringroad;
using namespace std::chrono_literals;
using test::Bench;

namespace {

// Returns a discipline with one band of that kind.
sched::Discipline one_band(Aqm kind) {
  sched::Discipline discipline;
  discipline.bands = 1;
  discipline.priomap = {};
  discipline.each[0].aqm = kind;
  discipline.each[0].seed = 1;  // with which no two flows of these tests share a queue
  return discipline;
}

// For this time, sends twice as much as the device accepts: a packet of 1500 bytes a millisecond.
void overload(Bench& bench, Nanoseconds time) {
  for (Nanoseconds at{}; at < time; at += 1ms) {
    bench.clock.advance(1ms);
    bench.send_as(0, 1500);
    bench.send_as(0, 1500);
    bench.room = 1;
    bench.drain();
    bench.room = 0;
  }
}

// Returns an IPv4 frame with that TOS, which says whether the sender supports ECN.
std::array<std::uint8_t, 64> frame(std::uint8_t tos) {
  std::array<std::uint8_t, 64> bytes{};
  bytes[12] = 0x08;
  bytes[14] = 0x45;
  bytes[15] = tos;
  bytes[22] = 64;
  const std::uint16_t sum = checksum({bytes.data() + 14, 20});
  std::memcpy(bytes.data() + 24, &sum, sizeof sum);
  return bytes;
}

}  // namespace

TEST_CASE("a queue that is short now and then is left alone") {
  Bench bench{one_band(Aqm::kCodel)};
  for (int burst = 0; burst < 100; ++burst) {
    for (int i = 0; i < 20; ++i) {
      bench.send_as(0, 1500);
    }
    for (int i = 0; i < 25; ++i) {
      bench.clock.advance(1ms);
      bench.room = 1;
      bench.drain();
      bench.room = 0;
    }
  }
  CHECK(bench.dropped.empty());
}

TEST_CASE("a standing queue is dropped from, first after an interval, then ever more often") {
  Bench bench{one_band(Aqm::kCodel)};
  overload(bench, 100ms);
  CHECK(bench.dropped.empty());
  overload(bench, 30ms);
  CHECK(bench.managed == 1);
  const std::uint32_t first = bench.managed;
  overload(bench, 200ms);
  const std::uint32_t early = bench.managed - first;
  overload(bench, 2s);
  const std::uint32_t before = bench.managed;
  overload(bench, 200ms);
  CHECK(early >= 2);
  CHECK(bench.managed - before > early);
  // Packets are dropped at the head: dropped ones are older than the one that is sent next.
  CHECK(bench.dropped.front() < bench.sent.back());
  CHECK(bench.bands.counters()[0].managed.get() == bench.managed);
  // Dropping stops when the overload ends.
  bench.room = ~0U;
  bench.drain_all();
  const std::uint32_t after = bench.managed;
  for (int i = 0; i < 1000; ++i) {
    bench.clock.advance(1ms);
    bench.send_as(0, 1500);
  }
  CHECK(bench.managed == after);
}

TEST_CASE("who takes marks is marked and not dropped") {
  for (const unsigned tos : {0U, 1U, 2U, 3U, 0xb9U}) {
    auto bytes = frame(static_cast<std::uint8_t>(tos));
    rte_mbuf packet{};
    packet.buf_addr = bytes.data();
    packet.data_len = bytes.size();
    CHECK(mark_congestion(packet) == ((tos & 3U) != 0));
    CHECK(bytes[15] == ((tos & 3U) != 0 ? tos | 3U : tos));
    CHECK(checksum({bytes.data() + 14, 20}) == 0);
  }
}

TEST_CASE("flows have their turns: a thin one does not wait for a thick one") {
  sched::Discipline discipline = one_band(Aqm::kFqCodel);
  discipline.each[0].limit = 500;
  std::array<std::array<std::uint8_t, 64>, 2> frames{frame(0), frame(0)};
  frames[1][30] = 9;  // another destination
  Bench bench{discipline};
  bench.frame_of = [&](std::uint32_t number) -> std::span<std::uint8_t> {
    return frames.at(number % 100 == 0 ? 1 : 0);
  };
  const auto send = [&](bool thin) {
    while ((bench.next() % 100 == 0) != thin) {
      bench.skip();
    }
    return bench.send_as(0, 1500);
  };
  send(false);  // at the head
  for (int i = 0; i < 600; ++i) {
    send(false);
  }
  // The oldest packets of the thick flow itself are dropped, many at a time.
  CHECK(bench.dropped.size() >= 100);
  CHECK(bench.dropped.size() < 164);
  CHECK(bench.dropped.front() < bench.dropped.back());
  const std::uint32_t thin = send(true);
  CHECK(bench.bands.backlog() == 602 - bench.dropped.size());
  bench.room = 4;  // the packet at the head, and the thick flow's turn
  bench.drain();
  CHECK(std::ranges::find(bench.sent, thin) != bench.sent.end());
  bench.room = ~0U;
  bench.drain_all();
  CHECK(bench.sent.size() + bench.dropped.size() == bench.packets());
  CHECK(std::ranges::is_sorted(bench.sent.begin() + 4, bench.sent.end()));
}

TEST_CASE("the first that a queue of flows gives up is the thickest flow's, whichever that is") {
  Bench bench{one_band(Aqm::kFqCodel)};
  std::array<std::array<std::uint8_t, 64>, 16> frames{};
  for (std::size_t i = 0; i < frames.size(); ++i) {
    frames.at(i) = frame(0);
    frames.at(i)[30] = static_cast<std::uint8_t>(i);  // the destination
  }
  bench.frame_of = [&](std::uint32_t number) -> std::span<std::uint8_t> {
    return frames.at(std::min<std::size_t>(number, frames.size() - 1));
  };
  while (bench.next() < 40) {
    bench.send_as(0, 1000);
  }
  std::vector<std::uint32_t> gone;
  bench.bands.shed(
      30, [&](rte_mbuf* packet, sched::Lost) { gone.push_back(Bench::number_of(packet)); });
  CHECK(gone == std::vector<std::uint32_t>{15, 16, 17, 18, 19, 20, 21, 22, 23});
  CHECK(bench.bands.backlog() == 30);
}

TEST_CASE("who sends one packet at a time waits for the others' turns like them") {
  Bench bench{one_band(Aqm::kFqCodel)};
  std::array<std::array<std::uint8_t, 64>, 2> frames{frame(0), frame(0)};
  frames[1][30] = 9;  // another destination
  std::uint32_t thin = 0;
  bench.frame_of = [&](std::uint32_t number) -> std::span<std::uint8_t> {
    return frames.at(number == thin ? 1 : 0);
  };
  for (int i = 0; i < 500; ++i) {
    bench.send_as(0, 100);
  }
  // When its packet was sent, and then one of the thick flow, the thin flow sends another. A turn
  // is 15 packets.
  unsigned of_thin = 0;
  for (int sent = 0; sent < 160; ++sent) {
    const bool waits = thin != 0 && std::ranges::find(bench.sent, thin) == bench.sent.end();
    if (!waits && (bench.sent.empty() || bench.sent.back() != thin)) {
      thin = bench.next();
      bench.send_as(0, 100);
      ++of_thin;
    }
    bench.room = 1;
    bench.drain(1);
  }
  CHECK(of_thin > 5);
  CHECK(of_thin < 20);
}

TEST_CASE("a queue of flows gives up packets of the fattest flow until it has half as much") {
  Bench bench{one_band(Aqm::kFqCodel)};
  std::array<std::array<std::uint8_t, 64>, 2> frames{frame(0), frame(0)};
  frames[1][30] = 9;  // another destination
  const std::uint32_t head = bench.next();
  bench.frame_of = [&](std::uint32_t number) -> std::span<std::uint8_t> {
    return frames.at(number - head > 4 ? 1 : 0);
  };
  for (int i = 0; i < 1 + 4 + 3; ++i) {  // one packet that stays at the head, then 400 and 300
                                         // bytes
    bench.send_as(0, 100);
  }
  std::vector<std::uint32_t> gone;
  bench.bands.shed(
      4, [&](rte_mbuf* packet, sched::Lost) { gone.push_back(Bench::number_of(packet) - head); });
  CHECK(gone == std::vector<std::uint32_t>{1, 2, 5, 6});
}

TEST_CASE("a queue of flows loses nothing that it does not say it loses") {
  sched::Discipline discipline = one_band(Aqm::kFqCodel);
  discipline.each[0].limit = 300;
  discipline.each[0].limit_bytes = Bytes{100'000};
  discipline.each[0].flows = 16;
  std::array<std::array<std::uint8_t, 64>, 40> frames{};
  for (std::size_t i = 0; i < frames.size(); ++i) {
    frames.at(i) = frame(static_cast<std::uint8_t>(i % 4));
    frames.at(i)[33] = static_cast<std::uint8_t>(i);
  }
  Bench bench{discipline};
  bench.frame_of = [&](std::uint32_t number) -> std::span<std::uint8_t> {
    return frames.at(std::size_t{number} * 7 % frames.size());
  };
  std::uint32_t seed = 5;
  const auto random = [&] { return seed = seed * 1103515245 + 12345; };
  for (int i = 0; i < 50'000; ++i) {
    bench.send_as(0, 64 + (random() >> 8) % 1400);
    bench.clock.advance(Nanoseconds{(random() >> 8) % 1'000'000});
    bench.room = (random() >> 8) % 2;
    bench.drain();
    REQUIRE(bench.sent.size() + bench.dropped.size() + bench.bands.backlog() == bench.packets());
  }
  bench.room = ~0U;
  bench.drain_all();
  CHECK(bench.managed > 0);
  CHECK(bench.dropped.size() > bench.managed);
  CHECK(bench.sent.size() + bench.dropped.size() == bench.packets());
  CHECK(bench.bands.counters()[0].queued_bytes.get() == 0);
}
