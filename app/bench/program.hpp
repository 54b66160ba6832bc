// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What every program of app/bench does around its measuring: its command line, EAL on one core, and
// an exception's message in place of a stack trace.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace ringroad::bench {

struct Options {
  std::string program;
  unsigned rounds = 7;
  std::vector<std::string> cases{};     // none: all
  std::vector<std::string> subjects{};  // none: all
  std::string file_prefix = "ringroad-" + program;
  int core = 0;
  bool huge = true;

  [[nodiscard]] bool wants_case(std::string_view name) const;
  [[nodiscard]] bool wants_subject(std::string_view name) const;
};
// All but --subject, which not every program has.
void add_options(CLI::App& app, Options& options);

// DPDK's environment on one core, for as long as this lives.
class Eal {
 public:
  struct Arguments {
    std::vector<std::string> without_huge{};  // without hugepages
    std::vector<std::string> more{};          // in either case
  };
  // Throws where it does not start.
  Eal(const Options& options, const Arguments& arguments);
  ~Eal();
  Eal(const Eal&) = delete;
  Eal& operator=(const Eal&) = delete;
};

// For main(): what `run` returns, or failure with the message of what it threw.
template <class Run>
int guarded(const char* program, Run&& run) {
  try {
    return run();
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}: {}\n", program, error.what());
    return EXIT_FAILURE;
  }
}

}  // namespace ringroad::bench
