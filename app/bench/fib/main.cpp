// SPDX-License-Identifier: BSD-3-Clause
// Route lookup, loading and updates: Ringroad's trie compared with rte_fib and rte_lpm, in one
// process on one core, with the same routes and addresses. scripts/bench.sh fib runs this program
// and prints its JSON.
#include <rte_cycles.h>
#include <sys/prctl.h>

#include <CLI/CLI.hpp>
#include <array>
#include <cstdlib>
#include <iostream>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "base/ipv4.hpp"
#include "base/ipv6.hpp"
#include "bench/fib/group.hpp"
#include "bench/fib/table.hpp"
#include "bench/fib/timing.hpp"
#include "bench/program.hpp"
#include "bench/report.hpp"
#include "bench/tsc.hpp"
#include "fib/prefix_file.hpp"

namespace ringroad::bench {
namespace {

template <class Address>
void run_family(const std::string& family, std::span<const Prefix<Address>> prefixes,
                const std::string& path, const Settings& settings, Report& report) {
  if (prefixes.empty()) {
    return;
  }
  PacketRing packets;
  {
    Group<Address> group{family, prefixes, Spread::kHashed, settings.lpm, settings, report};
    group.table();
    if constexpr (std::is_same_v<Address, Ipv4>) {
      group.table_from_file(path);
    }
    group.uniform();
    group.routed();
    group.zipf();
    group.sequential();
    group.pipeline(packets);
    group.dependent();
    group.single();
    group.updates();
    group.default_route();
    group.churn();
  }
  {
    // The cost of DPDK's tables does not depend on the next hops.
    Group<Address> group{family + "-skewed", prefixes, Spread::kSkewed, false, settings, report};
    group.table();
    group.uniform();
    group.routed();
    group.zipf();
    group.pipeline(packets);
  }
  constexpr std::array kSizes{std::pair{1'000U, "-1k"}, std::pair{10'000U, "-10k"},
                              std::pair{100'000U, "-100k"}};
  for (const auto& [count, name] : kSizes) {
    if (prefixes.size() > count) {
      const auto some = subset(prefixes, count);
      Group<Address> group{family + name, some, Spread::kHashed, settings.lpm, settings, report};
      group.table();
      group.uniform();
      group.routed();
    }
  }
}

int run(Settings settings, const std::string& path) {
  if (!settings.options.huge) {
    // All subjects must use 4 KiB pages: the trie's memory would otherwise be advised to use huge
    // pages.
    ::prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
  }
  const Eal eal{settings.options,
                {.without_huge = {"-m", "2048"}, .more = {"--force-max-simd-bitwidth=512"}}};
  settings.clock = {static_cast<double>(rte_get_tsc_hz()), tsc_overhead()};
  Report report;
  report.about("tsc_pair_cycles", settings.clock.overhead);

  const auto file = fib::read_prefix_file(path);
  if (!file) {
    throw std::runtime_error{file.error().what};
  }
  report.about("ipv4_prefixes", file->prefixes.size());
  report.about("ipv6_prefixes", file->prefixes6.size());
  run_family("v4", std::span<const Prefix4>{file->prefixes}, path, settings, report);
  run_family("v6", std::span<const Prefix6>{file->prefixes6}, path, settings, report);
  std::cout << report.json().dump(1) << '\n';
  return EXIT_SUCCESS;
}

int parse_and_run(int argc, char** argv) {
  Settings settings;
  std::string table;
  CLI::App app{"Ringroad's trie against DPDK's tables; see scripts/bench.sh"};
  app.add_option("table", table, "a file of prefixes, plain or gzip")->required();
  add_options(app, settings.options);
  app.get_option("--case")->description("only cases whose names begin so");
  app.add_option("--subject", settings.options.subjects, "only this subject");
  app.add_option("--writer-core", settings.writer_core, "the core to change tables on meanwhile");
  app.add_flag("--lpm", settings.lpm, "rte_lpm too, which takes minutes to load");
  CLI11_PARSE(app, argc, argv);
  return run(std::move(settings), table);
}

}  // namespace
}  // namespace ringroad::bench

int main(int argc, char** argv) {
  return ringroad::bench::guarded("bench-fib",
                                  [&] { return ringroad::bench::parse_and_run(argc, argv); });
}
