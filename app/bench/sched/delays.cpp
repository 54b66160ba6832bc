// SPDX-License-Identifier: BSD-3-Clause
#include "bench/sched/delays.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "base/clock.hpp"
#include "bench/sched/traffic.hpp"
#include "bench/tsc.hpp"
#include "sched/bands.hpp"

namespace ringroad::bench {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr BitsPerSecond kRate{1'000'000'000};
constexpr std::uint16_t kEthernet = 24;  // preamble, FCS, gap
constexpr double kMeanFrame = (7 * 64 + 4 * 576 + 1 * 1514) / 12.0 + kEthernet;
constexpr std::array<double, kTrafficBands> kShares{0.1, 0.4, 0.5};  // of the arriving packets
constexpr std::array<std::uint8_t, kTrafficBands> kPriorities{6, 0, 2};
constexpr std::array kLoads{0.5, 0.7, 0.8, 0.9, 0.95, 1.0, 1.05, 1.1, 1.25, 1.5, 1.75, 2.0};
// The time of a worker's round; the time until the queues are in a steady state; the measured time.
constexpr Nanoseconds kRound = microseconds{1};
constexpr Nanoseconds kSettling = milliseconds{250};
constexpr Nanoseconds kMeasured = milliseconds{1000};

// Written in place of the headers.
struct Mark {
  std::int64_t came;
  std::size_t kind;
};

// Poisson arrivals of IMIX frames at one port.
class Simulation {
 public:
  Simulation(const sched::Discipline& discipline, double load, rte_mempool& pool)
      : pool_{pool},
        bands_{discipline, clock_},
        gap_{load * static_cast<double>(kRate.count) / 8e9 / kMeanFrame} {}
  // Called once.
  void run();
  [[nodiscard]] Samples samples(std::size_t kind);

 private:
  // The link is never slower than the shaper.
  struct Wire {
    Simulation& simulation;
    [[nodiscard]] static std::int64_t room(std::uint64_t /*bytes*/) { return sched::kNoLimit; }
    std::uint16_t transmit(rte_mbuf** packets, std::uint16_t count) const {
      for (rte_mbuf* const packet : std::span{packets, count}) {
        simulation.leaves(*packet);
      }
      return count;
    }
    static void sent(std::uint16_t /*packets*/, std::uint64_t /*bytes*/) {}
  };

  [[nodiscard]] static Mark& mark_of(rte_mbuf& packet) { return *rte_pktmbuf_mtod(&packet, Mark*); }
  [[nodiscard]] bool measures() const { return now() >= kSettling.count(); }
  [[nodiscard]] std::int64_t now() const { return clock_.now().count() - begin_; }
  void arrives();
  void leaves(rte_mbuf& packet);
  void is_lost(rte_mbuf& packet);

  rte_mempool& pool_;
  Clock clock_{Clock::Manual{}};
  std::int64_t begin_ = clock_.now().count();
  sched::Bands bands_;
  std::mt19937 random_{1};
  std::exponential_distribution<double> gap_;  // in nanoseconds
  std::discrete_distribution<std::size_t> kind_{kShares.begin(), kShares.end()};
  double next_ = 0;
  std::array<std::vector<double>, kTrafficBands> waited_us_;
  std::array<std::uint64_t, kTrafficBands> lost_{};
};

void Simulation::arrives() {
  rte_mbuf* packet = rte_pktmbuf_alloc(&pool_);
  packet->data_len = frame_length(random_);
  packet->pkt_len = packet->data_len;
  const std::size_t kind = kind_(random_);
  mark_of(*packet) = {.came = static_cast<std::int64_t>(next_), .kind = kind};
  const std::uint8_t priority = kPriorities.at(kind);
  bands_.send({&packet, 1}, {&priority, 1}, packet->pkt_len, Wire{*this},
              [this](rte_mbuf* lost, sched::Lost /*why*/) { is_lost(*lost); });
  next_ += gap_(random_);
}

void Simulation::leaves(rte_mbuf& packet) {
  const auto [came, kind] = mark_of(packet);
  if (measures()) {
    waited_us_.at(kind).push_back(static_cast<double>(now() - came) / 1e3);
  }
  rte_pktmbuf_free(&packet);
}

void Simulation::is_lost(rte_mbuf& packet) {
  lost_.at(mark_of(packet).kind) += measures() ? 1U : 0U;
  rte_pktmbuf_free(&packet);
}

void Simulation::run() {
  constexpr std::uint32_t kQuota = 64;
  while (now() < (kSettling + kMeasured).count()) {
    clock_.advance(kRound);
    while (next_ <= static_cast<double>(now())) {
      arrives();
    }
    bands_.drain(kQuota, Wire{*this},
                 [this](rte_mbuf* lost, sched::Lost /*why*/) { is_lost(*lost); });
  }
  bands_.clear([](rte_mbuf* packet) { rte_pktmbuf_free(packet); });
}

Samples Simulation::samples(std::size_t kind) {
  std::vector<double>& waited = waited_us_.at(kind);
  const auto sent = static_cast<double>(waited.size());
  const auto lost = static_cast<double>(lost_.at(kind));
  Samples samples{{"lost_percent", 100 * lost / std::max(sent + lost, 1.0)}};
  if (!waited.empty()) {
    samples.insert(samples.end(), {{"delay_p50_us", percentile(waited, 0.5)},
                                   {"delay_p99_us", percentile(waited, 0.99)},
                                   {"delay_p99.9_us", percentile(waited, 0.999)}});
  }
  return samples;
}

}  // namespace

void measure_delays(Report& report) {
  sched::Discipline fast;
  fast.rate = kRate;
  fast.burst = Bytes{std::uint64_t{2} * (1514 + kEthernet)};
  fast.overhead = kEthernet;
  sched::Discipline pfifo = fast;
  pfifo.bands = 1;
  pfifo.priomap.fill(0);
  sched::Discipline drr = fast;
  drr.strict = 1;
  drr.each[1].weight = 2;

  const Pool pool = make_pool("delays");
  for (const auto& [name, discipline] :
       {std::pair{"pfifo", &pfifo}, {"pfifo_fast", &fast}, {"drr", &drr}}) {
    for (const double load : kLoads) {
      Simulation simulation{*discipline, load, *pool};
      simulation.run();
      for (std::size_t kind = 0; kind < kTrafficBands; ++kind) {
        report.add(fmt::format("delay-{}-{:g}x", name, load), fmt::format("band-{}", kind), "",
                   simulation.samples(kind));
      }
    }
  }
}

}  // namespace ringroad::bench
