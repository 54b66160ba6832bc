// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The part that all programs of app/bench share: the command line, EAL on one core, and an error
// message instead of a stack trace for exceptions.
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
  std::vector<std::string> cases{};     // empty: all
  std::vector<std::string> subjects{};  // empty: all
  std::string file_prefix = "ringroad-" + program;
  int core = 0;
  bool huge = true;

  [[nodiscard]] bool wants_case(std::string_view name) const;
  [[nodiscard]] bool wants_subject(std::string_view name) const;
};
// Adds all options except --subject, which not every program has.
void add_options(CLI::App& app, Options& options);

// DPDK's environment on one core, for the lifetime of this object.
class Eal {
 public:
  struct Arguments {
    std::vector<std::string> without_huge{};  // used without hugepages
    std::vector<std::string> more{};          // always used
  };
  // Throws if EAL does not start.
  Eal(const Options& options, const Arguments& arguments);
  ~Eal();
  Eal(const Eal&) = delete;
  Eal& operator=(const Eal&) = delete;
};

// For main(): returns the result of `run`, or failure after printing the message of its exception.
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
