// SPDX-License-Identifier: BSD-3-Clause
#include <catch2/catch.hpp>

#include "bench.hpp"

using namespace ringroad;
using test::Bench;

namespace {

// Keeps bands 0, 1 and 2 full with packets of those lengths. Returns how many of 300 kB each band
// sent.
std::array<std::uint64_t, 3> shares(const sched::Discipline& discipline,
                                    std::array<std::uint32_t, 3> lengths) {
  Bench bench{discipline};
  while (bench.sent_bytes < 300'000) {
    for (std::uint8_t band = 0; band < 3; ++band) {
      while (lengths.at(band) > 0 && bench.bands.counters()[band].queued.get() < 50) {
        bench.send(band, lengths.at(band));
      }
    }
    bench.room = 20;
    bench.drain();
    bench.room = 0;
  }
  return {bench.sent_of(0), bench.sent_of(1), bench.sent_of(2)};
}

}  // namespace

TEST_CASE("bands that share send bytes by their weights, whatever the lengths of their packets") {
  sched::Discipline discipline;
  discipline.strict = 0;
  discipline.each[1].weight = 2;
  discipline.each[2].weight = 3;
  const auto lengths = GENERATE(std::array<std::uint32_t, 3>{1000, 1000, 1000},
                                std::array<std::uint32_t, 3>{1500, 64, 700},
                                std::array<std::uint32_t, 3>{64, 9000, 1500});
  const auto bytes = shares(discipline, lengths);
  CHECK(static_cast<double>(bytes[1]) == Approx(2.0 * static_cast<double>(bytes[0])).epsilon(0.1));
  CHECK(static_cast<double>(bytes[2]) == Approx(3.0 * static_cast<double>(bytes[0])).epsilon(0.1));
}

TEST_CASE("a band that has nothing leaves its share to the others") {
  sched::Discipline discipline;
  discipline.strict = 0;
  discipline.each[0].weight = 100;
  const auto bytes = shares(discipline, {0, 1000, 1000});
  CHECK(static_cast<double>(bytes[1]) == Approx(static_cast<double>(bytes[2])).epsilon(0.05));
}

TEST_CASE("strict bands go before those that share") {
  sched::Discipline discipline;
  discipline.strict = 1;
  Bench bench{discipline};
  for (int i = 0; i < 50; ++i) {
    bench.send(2, 1000);
    bench.send(1, 1000);
    bench.send(0, 1000);
  }
  bench.room = 1000;
  bench.drain_all();
  // The packets that the ring was offered were at the head already.
  for (std::size_t i = 1; i < 51; ++i) {
    CHECK(bench.band_of(bench.sent[i]) == 0);
  }
}
