// SPDX-License-Identifier: BSD-3-Clause
#include <catch2/catch.hpp>
#include <random>
#include <vector>

#include "bench.hpp"

using namespace ringroad;
using namespace std::chrono_literals;
using test::Bench;

namespace {

sched::Discipline with_limit(std::uint32_t packets) {
  sched::Discipline discipline;
  for (auto& band : discipline.each) {
    band.limit = packets;
  }
  return discipline;
}

}  // namespace

TEST_CASE("packets of two bands in turns are counted as what they are") {
  Bench bench;
  bench.room = ~0U;
  std::array<std::uint64_t, 2> packets{};
  std::array<std::uint64_t, 2> bytes{};
  for (std::size_t length = 64; length > 1; --length) {
    std::vector<std::uint8_t> turns(length);
    for (std::size_t i = 0; i < length; ++i) {
      turns[i] = i % 2;
      ++packets.at(i % 2);
      bytes.at(i % 2) += 100;
    }
    bench.send_burst(turns, 100);
    for (std::size_t band = 0; band < 2; ++band) {
      CHECK(bench.bands.counters()[band].sent_packets.get() == packets.at(band));
      CHECK(bench.bands.counters()[band].sent_bytes.get() == bytes.at(band));
    }
  }
}

TEST_CASE("bands are served in strict order, each first in first out") {
  Bench bench;
  bench.send(2);  // refused: stays at the head
  std::vector<std::uint8_t> mixed;
  for (int i = 0; i < 20; ++i) {
    mixed.insert(mixed.end(), {2, 0, 1});
  }
  bench.send_burst(mixed);
  bench.room = 100;
  while (bench.drain() > 0) {
  }
  REQUIRE(bench.sent.size() == 61);
  CHECK(bench.sent[0] == 1);
  for (std::size_t i = 2; i < bench.sent.size(); ++i) {
    const auto before = bench.band_of(bench.sent[i - 1]);
    const auto band = bench.band_of(bench.sent[i]);
    CHECK(before <= band);
    if (before == band) {
      CHECK(bench.sent[i - 1] < bench.sent[i]);
    }
  }
}

TEST_CASE("what the ring refuses stays at the head, before a higher band's arrivals") {
  Bench bench;
  for (int i = 0; i < 32; ++i) {
    bench.send(2);
  }
  bench.room = 1;
  CHECK(bench.drain() == 1);  // the packet at the head; the batch that follows it is refused
  bench.room = 3;
  CHECK(bench.drain() == 3);
  const std::uint32_t urgent = bench.send(0);
  bench.room = 100;
  bench.drain_all();
  REQUIRE(bench.sent.size() == 33);
  const auto at = std::ranges::find(bench.sent, urgent) - bench.sent.begin();
  CHECK(at > 4);  // the rest of that batch
  CHECK(at < 12);
  std::erase(bench.sent, urgent);
  CHECK(std::ranges::is_sorted(bench.sent));
  CHECK(bench.bands.counters()[2].requeued.get() > 0);
}

TEST_CASE("an empty port with room sends at once, and a burst half refused keeps its order") {
  Bench bench;
  bench.room = 3;
  bench.send_burst({1, 1, 1, 1, 1});
  CHECK(bench.sent == std::vector<std::uint32_t>{1, 2, 3});
  CHECK(bench.bands.direct_packets() == 3);
  CHECK(bench.bands.backlog() == 2);
  // Only the packet that the ring refused is counted; those behind it were not offered.
  CHECK(bench.bands.counters()[1].requeued.get() == 1);
  CHECK(bench.bands.totals().requeued == 1);
  bench.room = 100;
  bench.send(1);  // must not overtake
  bench.drain();
  bench.drain();
  CHECK(bench.sent == std::vector<std::uint32_t>{1, 2, 3, 4, 5, 6});
}

TEST_CASE("each band holds its limit; the newest beyond it are dropped and counted") {
  Bench bench{with_limit(10)};
  bench.send(1);  // at the head
  for (int i = 0; i < 15; ++i) {
    bench.send(1);
    bench.send(2);
  }
  CHECK(bench.dropped.size() == 10);
  CHECK(bench.bands.counters()[1].dropped.get() == 5);
  CHECK(bench.bands.counters()[2].dropped.get() == 5);
  CHECK(bench.bands.counters()[1].queued.get() == 11);
  CHECK(bench.bands.counters()[2].queued.get() == 10);
  CHECK(bench.bands.backlog() == 21);
  bench.room = 100;
  while (bench.drain() > 0) {
  }
  CHECK(bench.sent.size() == 21);
  CHECK(bench.bands.counters()[1].queued.get() == 0);
}

TEST_CASE("a drain sends its quota and leaves the rest for later ones") {
  Bench bench;
  for (int i = 0; i < 200; ++i) {
    bench.send(1);
  }
  bench.room = 1000;
  std::vector<std::uint32_t> went;
  went.reserve(5);
  for (int round = 0; round < 5; ++round) {
    went.push_back(bench.drain(64));
  }
  CHECK(went == std::vector<std::uint32_t>{64, 64, 64, 8, 0});
}

TEST_CASE("whatever the ring refuses, nothing is lost or reordered inside a band") {
  std::mt19937 random{7};
  Bench bench{with_limit(4000)};
  for (int round = 0; round < 20000; ++round) {
    bench.room = static_cast<std::uint32_t>(random() % 40);
    std::vector<std::uint8_t> burst(random() % 32);
    for (auto& band : burst) {
      band = static_cast<std::uint8_t>(random() % 3);
    }
    bench.send_burst(burst);
    bench.drain();
  }
  bench.room = ~0U;
  while (bench.drain() > 0) {
  }
  CHECK(bench.bands.backlog() == 0);
  CHECK(bench.sent.size() + bench.dropped.size() == bench.packets());
  std::array<std::uint32_t, 3> last{};
  for (const std::uint32_t number : bench.sent) {
    auto& before = last.at(bench.band_of(number));
    REQUIRE(before < number);
    before = number;
  }
}

TEST_CASE("clearing gives every waiting packet back") {
  Bench bench;
  for (int i = 0; i < 100; ++i) {
    bench.send(static_cast<std::uint8_t>(i % 3));
  }
  std::size_t given_back = 0;
  bench.bands.clear([&](rte_mbuf*) { ++given_back; });
  CHECK(given_back == 100);
  CHECK(bench.bands.backlog() == 0);
}

TEST_CASE("a limit of bytes holds too, and backlog is counted in both") {
  sched::Discipline discipline;
  discipline.each[1].limit_bytes = Bytes{1000};
  Bench bench{discipline};
  bench.send(1, 100);  // at the head
  for (int i = 0; i < 12; ++i) {
    bench.send(1, 100);
  }
  CHECK(bench.dropped.size() == 2);
  CHECK(bench.bands.counters()[1].queued.get() == 11);
  CHECK(bench.bands.counters()[1].queued_bytes.get() == 1100);
  bench.room = 100;
  bench.drain_all();
  CHECK(bench.bands.counters()[1].queued_bytes.get() == 0);
}

TEST_CASE("what does not fit the ring's byte limit waits in the bands, not at the head") {
  Bench bench;
  bench.room = ~0U;
  bench.byte_room = 2500;
  bench.send_burst({2, 2, 2, 2, 2}, 1000);
  CHECK(bench.sent.size() == 3);  // the third crosses the limit
  bench.send(0, 1000);
  bench.byte_room = 1500;
  bench.drain();
  CHECK(bench.sent == std::vector<std::uint32_t>{1, 2, 3, 6, 4});
  CHECK(bench.bands.backlog() == 1);
}

TEST_CASE("a ring that refuses is offered less, so that the urgent wait for little") {
  Bench bench;
  for (int i = 0; i < 500; ++i) {
    bench.send(2, 1000);
  }
  for (int i = 0; i < 20; ++i) {
    bench.room = 2;
    bench.drain();
  }
  const std::size_t before = bench.sent.size();
  const std::uint32_t urgent = bench.send(0, 1000);
  bench.room = 100;
  bench.drain();
  const auto at = std::ranges::find(bench.sent, urgent);
  REQUIRE(at != bench.sent.end());
  CHECK(static_cast<std::size_t>(at - bench.sent.begin()) <= before + 4);
}

TEST_CASE("a DSCP may name the band") {
  sched::Discipline discipline;
  discipline.dscp[46] = 0;
  std::array<std::uint8_t, 64> frame{};
  frame[12] = 0x08;
  frame[14] = 0x45;
  const auto send = [&](std::uint8_t tos, bool tagged) {
    // The header of a tagged frame begins four bytes later.
    std::array<std::uint8_t, 64> bytes = frame;
    if (tagged) {
      std::copy(frame.begin() + 12, frame.end() - 4, bytes.begin() + 16);
      bytes[12] = 0x81;
    }
    bytes[tagged ? 19 : 15] = tos;
    rte_mbuf packet{};
    packet.buf_addr = bytes.data();
    packet.data_len = bytes.size();
    std::uint8_t band = 0xff;
    const std::uint8_t priority = 2;
    rte_mbuf* one = &packet;
    sched::Classifier{discipline}.classify(&one, {&priority, 1}, &band);
    return int{band};
  };
  CHECK(send(46 << 2, false) == 0);
  CHECK(send(46 << 2, true) == 0);
  CHECK(send((46 << 2) + 1, false) == 0);  // ECN is not part of the DSCP
  CHECK(send(10 << 2, false) == 2);
}

TEST_CASE("bands of a whole burst are those of its packets") {
  std::mt19937 random{3};
  const sched::Discipline discipline;
  std::array<std::uint8_t, 64> priorities{};
  std::ranges::generate(priorities, [&] { return static_cast<std::uint8_t>(random() % 16); });
  for (const std::size_t count : {1U, 15U, 16U, 17U, 63U, 64U}) {
    std::array<std::uint8_t, 64> bands{};
    sched::Classifier{discipline}.classify(nullptr, {priorities.data(), count}, bands.data());
    for (std::size_t i = 0; i < count; ++i) {
      CHECK(bands.at(i) == discipline.priomap.at(priorities.at(i)));
    }
  }
}

TEST_CASE("delays are measured when asked for, a direct packet's as none") {
  Bench bench;
  bench.send(1, 100);  // sent before: not measured
  bench.clock.advance(1ms);
  bench.bands.measure_delays(true);
  for (int i = 0; i < 10; ++i) {
    bench.send(1, 100);
    bench.clock.advance(1ms);
  }
  bench.room = 1000;
  bench.drain_all();
  const auto& delays = bench.bands.delays_ns(1);
  CHECK(delays.samples() == 10);
  CHECK(delays.quantile(0.5) >= 5'000'000);
  CHECK(delays.quantile(0.5) <= 5'700'000);
  CHECK(delays.quantile(1) >= 10'000'000);
  bench.send(0, 100);
  CHECK(bench.bands.delays_ns(0).samples() == 1);
  CHECK(bench.bands.delays_ns(0).quantile(1) == 0);
  bench.bands.measure_delays(false);
  CHECK_FALSE(bench.bands.measures_delays());
  bench.send(0, 100);
  CHECK(bench.bands.delays_ns(0).samples() == 1);
}

namespace {

// A device that accepts a random number of packets and frees their buffers at once. It records
// whether a flow is reordered.
struct Fickle {
  std::mt19937_64& random;
  std::vector<rte_mbuf*>& free;
  std::array<std::uint32_t, 3>& last;
  std::uint64_t& gone;
  bool& in_order;

  void look_at(rte_mbuf* packet) const {
    auto& before = last.at(packet->dynfield1[1]);
    in_order = in_order && before < packet->dynfield1[0];
    before = packet->dynfield1[0];
    give_back(packet);
  }
  void give_back(rte_mbuf* packet) const {
    ++gone;
    free.push_back(packet);
  }
  [[nodiscard]] std::int64_t room(std::uint64_t /*wanted*/) const {
    return random() % 4 == 0 ? static_cast<std::int64_t>(random() % 2000) : sched::kNoLimit;
  }
  std::uint16_t transmit(rte_mbuf** packets, std::uint16_t count) const {
    const auto taken = static_cast<std::uint16_t>(std::min<std::uint64_t>(random() % 48, count));
    std::for_each_n(packets, taken, [this](rte_mbuf* packet) { look_at(packet); });
    return taken;
  }
  static void sent(std::uint16_t /*packets*/, std::uint64_t /*bytes*/) {}
};

}  // namespace

TEST_CASE("10 million packets through a ring that refuses at random: no flow is reordered") {
  std::mt19937_64 random{11};
  const Clock clock{Clock::Manual{}};
  sched::Bands bands{with_limit(500), clock};
  std::vector<rte_mbuf> buffers(4096);
  std::vector<rte_mbuf*> free;
  for (rte_mbuf& buffer : buffers) {
    buffer.pkt_len = 64;
    free.push_back(&buffer);
  }
  std::array<std::uint32_t, 3> last{};
  std::uint64_t gone = 0;
  bool in_order = true;
  const Fickle device{random, free, last, gone, in_order};
  const auto drop = [&](rte_mbuf* packet, sched::Lost /*lost*/) { device.give_back(packet); };
  std::uint32_t made = 0;
  while (made < 10'000'000) {
    std::array<rte_mbuf*, 64> burst{};
    std::array<std::uint8_t, 64> priorities{};
    const std::size_t count = random() % burst.size();
    for (std::size_t i = 0; i < count; ++i) {
      burst.at(i) = free.back();
      free.pop_back();
      const auto band = static_cast<std::uint32_t>(random() % 3);
      burst.at(i)->dynfield1[0] = ++made;
      burst.at(i)->dynfield1[1] = band;
      priorities.at(i) = test::kPriorityOf.at(band);
    }
    bands.send({burst.data(), count}, {priorities.data(), count}, 64 * count, device, drop);
    bands.drain(64, device, drop);
  }
  while (bands.backlog() > 0) {
    bands.drain(64, device, drop);
  }
  CHECK(in_order);
  CHECK(gone == made);
  CHECK(bands.totals().sent_packets + bands.totals().dropped == made);
  CHECK(free.size() == buffers.size());
}
