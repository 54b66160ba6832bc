// SPDX-License-Identifier: BSD-3-Clause
// Measures the cycles a packet of each discipline, compared with DPDK's rte_sched, and how long
// packets wait under load, in one process on one core. scripts/bench.sh bands runs this program and
// prints its JSON.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/program.hpp"
#include "bench/report.hpp"
#include "bench/sched/delays.hpp"
#include "bench/sched/disciplines.hpp"
#include "bench/sched/rte_sched.hpp"
#include "bench/sched/subjects.hpp"
#include "bench/sched/traffic.hpp"
#include "bench/tsc.hpp"

namespace ringroad::bench {
namespace {

constexpr std::string_view kPeer = "rte_sched";

// The mean without the largest 1 %, which interrupts or the hypervisor have disturbed.
double mean_of_usual(std::span<double> values) {
  const double usual_most = percentile(values, 0.99);
  double sum = 0;
  std::size_t count = 0;
  for (const double value : values) {
    if (value <= usual_most) {
      sum += value;
      ++count;
    }
  }
  return sum / static_cast<double>(count);
}

// Returns cycles a packet. The ring accepts `takes` packets of every burst: all, or fewer, so that
// the queues are full before the measurement.
template <Subject S>
double cycles_per_packet(S& subject, Traffic& traffic, std::uint16_t takes, double overhead) {
  constexpr std::size_t kSettling = 1024;
  constexpr std::size_t kBursts = 16384;
  Burst burst;
  std::vector<double> cycles;
  cycles.reserve(kBursts);
  std::size_t sent = 0;
  for (std::size_t i = 0; i < kSettling + kBursts; ++i) {
    traffic.next(burst);
    subject.prepare(burst);
    Ring ring{takes};
    const std::uint64_t begin = tsc_begin();
    subject.step(burst, ring);
    const std::uint64_t end = tsc_end();
    const auto packets = ring.packets();
    rte_pktmbuf_free_bulk(packets.data(), static_cast<unsigned>(packets.size()));
    if (i >= kSettling) {
      cycles.push_back(static_cast<double>(end - begin));
      sent += packets.size();
    }
  }
  subject.clear();
  if (sent < kBursts * takes * 99 / 100) {
    throw std::runtime_error{
        fmt::format("sent {} packets of {} that the ring would take", sent, kBursts * takes)};
  }
  return (mean_of_usual(cycles) - overhead) / static_cast<double>(kBurst);
}

void run_case(const std::string& name, Traffic::Mix mix, std::uint16_t takes,
              const Options& options, Report& report) {
  if (!options.wants_case(name)) {
    return;
  }
  Traffic traffic{mix};
  const double overhead = tsc_overhead();
  Contest contest{name, kPeer};
  const auto measure = [&traffic, takes, overhead](Subject auto subject) {
    return Samples{{"cycles_per_packet", cycles_per_packet(subject, traffic, takes, overhead)}};
  };
  const auto add = [&](std::string_view subject, std::function<Samples()> round) {
    if (options.wants_subject(subject)) {
      contest.add(subject, std::move(round));
    }
  };
  add("none", [measure] { return measure(Nothing{}); });
  each_discipline([&](std::string_view subject, const sched::Discipline& discipline) {
    add(subject, [measure, discipline] { return measure(Ringroad{discipline}); });
  });
  using enum RteSched::Order;
  add(kPeer, [measure] { return measure(RteSched{kStrict}); });
  add("rte_sched-64-pipes", [measure] { return measure(RteSched{kStrict, 64}); });
  add("rte_sched-wrr", [measure] { return measure(RteSched{kShared}); });
  contest.run(options.rounds, report);
}

int run(const Options& options) {
  const Eal eal{options, {.without_huge = {"-m", "256"}}};
  Report report;
  report.about("tsc_pair_cycles", tsc_overhead());
  run_case("idle", Traffic::Mix::kBestEffort, kBurst, options, report);
  run_case("idle-mixed", Traffic::Mix::kMixed, kBurst, options, report);
  run_case("overload", Traffic::Mix::kMixed, kBurst / 2, options, report);
  if (options.wants_case("delays")) {
    fmt::print(stderr, "delays\n");
    measure_delays(report);
  }
  std::cout << report.json().dump(1) << '\n';
  return EXIT_SUCCESS;
}

int parse_and_run(int argc, char** argv) {
  Options options{.program = "bench-bands"};
  CLI::App app{"Ringroad's bands against DPDK's rte_sched; see scripts/bench.sh"};
  add_options(app, options);
  app.add_option("--subject", options.subjects, "only this subject");
  CLI11_PARSE(app, argc, argv);
  return run(options);
}

}  // namespace
}  // namespace ringroad::bench

int main(int argc, char** argv) {
  return ringroad::bench::guarded("bench-bands",
                                  [&] { return ringroad::bench::parse_and_run(argc, argv); });
}
