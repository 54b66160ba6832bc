// SPDX-License-Identifier: BSD-3-Clause
// Measures how long a packet takes from one port's ring to the other's, at several loads, and for
// the first packet after a lull. Everything runs in one process on one core: between the worker's
// loops this program enqueues the packets that have arrived by then, with Poisson intervals, and
// dequeues the sent ones. This work is part of the load.
#include <rte_cycles.h>
#include <x86intrin.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>

#include "base/log.hpp"
#include "bench/pipeline/bench.hpp"
#include "bench/pipeline/cases.hpp"
#include "bench/program.hpp"
#include "bench/report.hpp"
#include "stats/histogram.hpp"

namespace ringroad::bench {
namespace {

constexpr std::size_t kPackets = 1'000'000;  // in a round of a load
constexpr std::size_t kLulls = 500;          // in a round
constexpr double kLullSeconds = 0.001;
constexpr std::array kLoads{10, 50, 90};  // percent of the worker's capacity

class Latency {
 public:
  explicit Latency(Bench& bench) : bench_{bench} {
    std::mt19937_64 random{2544};
    std::exponential_distribution<double> interval{1.0};
    for (double& gap : gaps_) {
      gap = interval(random);
    }
  }

  // TSC cycles a packet with all packets in use all the time.
  [[nodiscard]] double least_gap() {
    stats::Histogram times;
    const std::uint64_t begin = __rdtsc();
    carry(0, times);
    return static_cast<double>(__rdtsc() - begin) / kPackets;
  }
  Samples at(double gap) {
    stats::Histogram times;
    carry(gap, times);
    return samples(times);
  }

  Samples after_lulls() {
    const auto lull =
        static_cast<std::uint64_t>(kLullSeconds * static_cast<double>(rte_get_tsc_hz()));
    stats::Histogram times;
    for (std::size_t i = 0; i < kLulls; ++i) {
      const std::uint64_t end = __rdtsc() + lull;
      while (__rdtsc() < end) {
        bench_.poll();
      }
      static_cast<void>(bench_.arrive(__rdtsc()));
      do {
        bench_.poll();
      } while (take(times) == 0);
    }
    return samples(times);
  }

 private:
  void carry(double gap, stats::Histogram& times) {
    auto next = static_cast<double>(__rdtsc());
    for (std::size_t made = 0, sent = 0; sent < kPackets;) {
      const auto now = static_cast<double>(__rdtsc());
      while (next <= now && made < kPackets && bench_.arrive(static_cast<std::uint64_t>(next))) {
        next += gap * gaps_[made++ % gaps_.size()];
      }
      bench_.poll();
      sent += take(times);
    }
  }
  std::size_t take(stats::Histogram& times) {
    const std::uint64_t now = __rdtsc();
    std::size_t count = 0;
    bench_.take_stamped([&](std::uint64_t stamp) {
      times.add(now - stamp);
      ++count;
    });
    return count;
  }
  static Samples samples(const stats::Histogram& times) {
    const auto quantile = [&](double share) {
      return static_cast<double>(times.quantile(share)) * 1e9 /
             static_cast<double>(rte_get_tsc_hz());
    };
    return {{"latency_p50_ns", quantile(0.5)},
            {"latency_p99_ns", quantile(0.99)},
            {"latency_p99.9_ns", quantile(0.999)}};
  }

  Bench& bench_;
  std::array<double, 4096> gaps_{};
};

int run(const Options& options) {
  log::set_up("error");
  const Eal eal{options, {.without_huge = {"--no-shconf"}, .more = {"-m", "256"}}};
  Report report;
  Bench bench{cases()[0], {}, {}};
  Latency latency{bench};
  const double least = latency.least_gap();
  report.about("cycles_per_packet_at_full_load", least);
  for (unsigned round = 0; round < options.rounds; ++round) {
    for (const int load : kLoads) {
      const std::string name = "load-" + std::to_string(load);
      if (options.wants_case(name)) {
        report.add(name, "ringroad", "", latency.at(least * 100 / load));
      }
    }
    if (options.wants_case("first-after-1ms")) {
      report.add("first-after-1ms", "ringroad", "", latency.after_lulls());
    }
  }
  std::cout << report.json().dump(1) << '\n';
  return EXIT_SUCCESS;
}

int parse_and_run(int argc, char** argv) {
  Options options{.program = "bench-latency"};
  CLI::App app{"How long a packet takes through one worker; see scripts/bench.sh"};
  add_options(app, options);
  CLI11_PARSE(app, argc, argv);
  return run(options);
}

}  // namespace
}  // namespace ringroad::bench

int main(int argc, char** argv) {
  return ringroad::bench::guarded("bench-latency",
                                  [&] { return ringroad::bench::parse_and_run(argc, argv); });
}
