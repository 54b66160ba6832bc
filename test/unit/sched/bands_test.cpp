#include "sched/bands.hpp"

#include <catch2/catch.hpp>
#include <map>
#include <random>

using namespace ringroad;
using namespace std::chrono_literals;
using sched::Bands;

namespace {

// Priorities of bands 0, 1 and 2.
constexpr std::array<std::uint8_t, 3> kPriorityOf{6, 0, 2};

// A device that takes what it has room for, and the packets that a test makes; a buffer pool is not
// needed to ask what order they leave in.
class Bench {
  struct Transmit {
    Bench& bench;
    std::uint16_t operator()(rte_mbuf** packets, std::uint16_t count) const {
      std::uint16_t taken = 0;
      for (; taken < count && bench.room > 0; ++taken, --bench.room) {
        bench.sent.push_back(packets[taken]->pkt_len);
      }
      return taken;
    }
  };
  struct Drop {
    Bench& bench;
    void operator()(rte_mbuf* packet) const { bench.dropped.push_back(packet->pkt_len); }
  };

 public:
  explicit Bench(sched::Discipline discipline = {}) : bands{discipline, clock} {}

  // A packet for that band; its number is its length.
  std::uint32_t send(std::uint8_t band) {
    const std::uint32_t number = next_++;
    packets_[number].pkt_len = number;
    band_of[number] = band;
    rte_mbuf* packet = &packets_[number];
    const std::uint8_t priority = kPriorityOf.at(band);
    bands.send({&packet, 1}, {&priority, 1}, Transmit{*this}, Drop{*this});
    return number;
  }
  void send_burst(const std::vector<std::uint8_t>& burst_bands) {
    std::vector<rte_mbuf*> burst;
    std::vector<std::uint8_t> priorities;
    for (const std::uint8_t band : burst_bands) {
      const std::uint32_t number = next_++;
      packets_[number].pkt_len = number;
      band_of[number] = band;
      burst.push_back(&packets_[number]);
      priorities.push_back(kPriorityOf.at(band));
    }
    bands.send(burst, priorities, Transmit{*this}, Drop{*this});
  }
  std::uint32_t drain(std::uint32_t quota = 64) { return bands.drain(quota, Transmit{*this}); }

  Clock clock{Clock::Manual{}};
  std::uint32_t room = 0;  // what the device takes from here on
  std::vector<std::uint32_t> sent;
  std::vector<std::uint32_t> dropped;
  std::map<std::uint32_t, std::uint8_t> band_of;
  Bands bands;

 private:
  std::uint32_t next_ = 1;
  std::map<std::uint32_t, rte_mbuf> packets_;
};

}  // namespace

TEST_CASE("bands are served in strict order, each first in first out") {
  Bench bench;
  bench.send(2);  // refused: at the head from now on
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
    const auto before = bench.band_of[bench.sent[i - 1]];
    const auto band = bench.band_of[bench.sent[i]];
    CHECK(before <= band);
    if (before == band) {
      CHECK(bench.sent[i - 1] < bench.sent[i]);
    }
  }
}

TEST_CASE("what the ring refuses stays at the head, before a higher band's arrivals") {
  Bench bench;
  bench.send(2);
  for (int i = 0; i < 31; ++i) {
    bench.send(2);
  }
  bench.room = 1;
  CHECK(bench.drain() == 1);  // the head of one; a batch of 31 follows it and is refused
  bench.room = 3;
  bench.drain();
  bench.send(0);
  bench.room = 100;
  bench.drain();
  bench.drain();
  REQUIRE(bench.sent.size() == 33);
  for (std::uint32_t i = 0; i < 32; ++i) {
    CHECK(bench.sent[i] == i + 1);
  }
  CHECK(bench.sent[32] == 33);
  CHECK(bench.bands.counters()[2].requeued.get() > 0);
}

TEST_CASE("an empty port with room sends at once, and a burst half refused keeps its order") {
  Bench bench;
  bench.room = 3;
  bench.send_burst({1, 1, 1, 1, 1});
  CHECK(bench.sent == std::vector<std::uint32_t>{1, 2, 3});
  CHECK(bench.bands.direct_packets() == 3);
  CHECK(bench.bands.backlog() == 2);
  bench.room = 100;
  bench.send(1);  // may not overtake
  bench.drain();
  bench.drain();
  CHECK(bench.sent == std::vector<std::uint32_t>{1, 2, 3, 4, 5, 6});
}

TEST_CASE("each band holds its limit; the newest beyond it are dropped and counted") {
  Bench bench{{.limit = 10, .rate = {}}};
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
  for (int round = 0; round < 5; ++round) {
    went.push_back(bench.drain(64));
  }
  CHECK(went == std::vector<std::uint32_t>{64, 64, 64, 8, 0});
}

TEST_CASE("whatever the ring refuses, nothing is lost or reordered inside a band") {
  std::mt19937 random{7};
  Bench bench{{.limit = 4000, .rate = {}}};
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
  CHECK(bench.sent.size() + bench.dropped.size() == bench.band_of.size());
  std::array<std::uint32_t, 3> last{};
  for (const std::uint32_t number : bench.sent) {
    auto& before = last.at(bench.band_of[number]);
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

TEST_CASE("a shaped queue keeps to its rate and to its order of bands") {
  // 1 Mbit: packets of about 100 bytes at 1250 a second.
  Bench bench{{.rate = BitsPerSecond{1'000'000}, .burst = Bytes{1600}}};
  bench.room = ~0U;
  for (int i = 0; i < 400; ++i) {
    bench.send(i % 2 == 0 ? 2 : 0);
  }
  std::uint64_t bytes = 0;
  for (int millisecond = 0; millisecond < 300; ++millisecond) {
    bench.clock.advance(1ms);
    bench.drain();
  }
  for (const std::uint32_t number : bench.sent) {
    bytes += number;
  }
  // 300 ms are 37,500 bytes, and the burst, and one packet's overdraft.
  CHECK(bytes >= 37'500);
  CHECK(bytes <= 37'500 + 1600 + 400);
  CHECK(bench.band_of[bench.sent.front()] == 0);
}
