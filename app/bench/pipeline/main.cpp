// SPDX-License-Identifier: BSD-3-Clause
// Measures the cost of a packet in one worker: a whole router in this process, between two
// ports that are rings. scripts/bench.sh pipeline prints cycles; scripts/check_instructions.py
// counts instructions with --packets, under callgrind.
//
// Rounds of bursts through the router alternate with rounds of the same bursts through its ports
// only; the median of the differences is the pipeline's own cost. The time is not read within a
// round.
#include <fmt/core.h>
#include <x86intrin.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "bench/pipeline/bench.hpp"
#include "bench/pipeline/cases.hpp"
#include "bench/program.hpp"
#include "bench/tsc.hpp"
#include "fib/prefix_file.hpp"

namespace ringroad::bench {
namespace {

constexpr std::size_t kRoundPackets = 16384;

// libpcap's program for "ip and udp dst port 65535", which no frame of the benchmark matches.
constexpr const char* kNothing =
    "002800000000000c"
    "0015000800000800"
    "0030000000000017"
    "0015000600000011"
    "0028000000000014"
    "0045040000001fff"
    "00b100000000000e"
    "0048000000000010"
    "001500010000ffff"
    "0006000000040000"
    "0006000000000000";

struct Settings {
  Options options{.program = "bench-pipeline", .rounds = 101};
  std::string table;
  std::vector<unsigned> bursts{64, 32};
  std::uint64_t packets = 0;  // 0: measure rounds
  std::string tap;
};

template <class Work>
double cycles_a_packet(const Work& work) {
  const std::uint64_t begin = __rdtsc();
  work();
  return static_cast<double>(__rdtsc() - begin) / static_cast<double>(kRoundPackets);
}

// The stages in which the sampled bursts spent their time since `before`; reading the time adds to
// it.
std::string by_stage(const stats::StageTimes& times, std::span<const std::uint64_t> before,
                     std::uint64_t packets_before) {
  const auto packets = static_cast<double>(times.packets() - packets_before);
  std::string line;
  for (std::size_t i = 0; i < stats::kStageNames.size(); ++i) {
    line += fmt::format(" {:8.1f}", static_cast<double>(times.cycles(i) - before[i]) / packets);
  }
  return line;
}

void measure(Bench& bench, const Case& test, unsigned burst, unsigned rounds) {
  bench.through_router(std::max(test.destinations, kRoundPackets), burst);
  std::array<std::uint64_t, stats::kStageNames.size()> before{};
  for (std::size_t i = 0; i < before.size(); ++i) {
    before[i] = bench.times().cycles(i);
  }
  const std::uint64_t packets_before = bench.times().packets();
  std::vector<double> ports;
  std::vector<double> pipeline;
  for (unsigned round = 0; round < rounds; ++round) {
    bench.empty_taps();
    ports.push_back(cycles_a_packet([&] { bench.through_ports(kRoundPackets, burst); }));
    const double all = cycles_a_packet([&] { bench.through_router(kRoundPackets, burst); });
    pipeline.push_back(all - ports.back());
  }
  fmt::print("{:<4} {:5} {:8.1f} {:8.1f}  {}\n", test.name, burst, percentile(pipeline, 0.5),
             percentile(ports, 0.5), by_stage(bench.times(), before, packets_before));
  std::fflush(stdout);
}

int run(const Settings& settings) {
  log::set_up("error");
  const Eal eal{settings.options, {.without_huge = {"--no-shconf"}, .more = {"-m", "256"}}};
  std::vector<Prefix4> prefixes;
  if (!settings.table.empty()) {
    auto file = fib::read_prefix_file(settings.table);
    if (!file) {
      throw std::runtime_error{file.error().what};
    }
    prefixes = std::move(file->prefixes);
  }
  if (settings.packets == 0) {
    fmt::print("{:<4} {:>5} {:>8} {:>8}  ", "case", "burst", "pipeline", "traffic");
    for (const std::string_view stage : stats::kStageNames) {
      fmt::print(" {:>8}", stage);
    }
    fmt::print("   TSC cycles a packet\n");
  }
  for (const Case& test : cases()) {
    const bool without_table = test.subnets == 0 && settings.table.empty();
    if (without_table || !settings.options.wants_case(test.name)) {
      continue;
    }
    Bench bench{test, settings.table, prefixes};
    if (settings.tap == "nothing") {
      bench.set_tap({.kind = Tap::Kind::kTrace, .filter = "nothing", .program = kNothing});
    } else if (!settings.tap.empty()) {
      bench.set_tap({.kind = Tap::Kind::kCapture});
    }
    for (const unsigned burst : settings.bursts) {
      if (settings.packets != 0) {
        bench.through_router(settings.packets, burst);
      } else {
        measure(bench, test, burst, settings.options.rounds);
      }
    }
  }
  return EXIT_SUCCESS;
}

int parse_and_run(int argc, char** argv) {
  Settings settings;
  CLI::App app{"What a packet costs in one worker, ports excluded"};
  add_options(app, settings.options);
  app.get_option("--core")->required(false);  // the number of instructions is the same on all cores
  app.add_option("--table", settings.table, "a file of prefixes, plain or gzip: cases c and d");
  app.add_option("--burst", settings.bursts, "packets a poll finds")
      ->check(CLI::IsMember({8, 16, 32, 64, 128, 256}));
  app.add_option("--packets", settings.packets, "forward so many and measure nothing");
  app.add_option(
         "--tap", settings.tap,
         "with a trace whose filter matches nothing, or a capture of all packets, in and out")
      ->check(CLI::IsMember({"nothing", "all"}));
  CLI11_PARSE(app, argc, argv);
  return run(settings);
}

}  // namespace
}  // namespace ringroad::bench

int main(int argc, char** argv) {
  return ringroad::bench::guarded("bench-pipeline",
                                  [&] { return ringroad::bench::parse_and_run(argc, argv); });
}
