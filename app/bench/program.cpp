// SPDX-License-Identifier: BSD-3-Clause
#include "bench/program.hpp"

#include <rte_eal.h>

#include <algorithm>
#include <stdexcept>

namespace ringroad::bench {
namespace {

bool wants(const std::vector<std::string>& chosen, std::string_view name) {
  return chosen.empty() || std::ranges::find(chosen, name) != chosen.end();
}

}  // namespace

bool Options::wants_case(std::string_view name) const { return wants(cases, name); }

bool Options::wants_subject(std::string_view name) const { return wants(subjects, name); }

void add_options(CLI::App& app, Options& options) {
  app.add_option("--core", options.core, "the core to measure on")->required();
  app.add_option("--rounds", options.rounds, "rounds of each case")->check(CLI::PositiveNumber);
  app.add_option("--case", options.cases, "only this case");
  app.add_option("--file-prefix", options.file_prefix, "EAL's");
  app.add_flag_callback("--no-huge", [&options] { options.huge = false; }, "4 KiB pages");
}

Eal::Eal(const Options& options, const Arguments& arguments) {
  std::vector<std::string> words{
      options.program, "--lcores",          fmt::format("0@{}", options.core),
      "--no-pci",      "--no-telemetry",    "--log-level=4",
      "--file-prefix", options.file_prefix, options.huge ? "--in-memory" : "--no-huge"};
  words.insert(words.end(), arguments.more.begin(), arguments.more.end());
  if (!options.huge) {
    words.insert(words.end(), arguments.without_huge.begin(), arguments.without_huge.end());
  }
  std::vector<char*> argv;
  argv.reserve(words.size());
  for (std::string& word : words) {
    argv.push_back(word.data());
  }
  if (rte_eal_init(static_cast<int>(argv.size()), argv.data()) < 0) {
    throw std::runtime_error{"EAL does not start: are there hugepages? (or use --no-huge)"};
  }
}

Eal::~Eal() { rte_eal_cleanup(); }

}  // namespace ringroad::bench
