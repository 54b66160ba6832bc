#pragma once
// What every program of app/bench does around its measuring: EAL on one core, and an exception's
// message in place of a stack trace.
#include <fmt/core.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <vector>

namespace ringroad::bench {

struct EalSettings {
  std::string program;
  int core = 0;
  bool huge = true;
  std::string file_prefix;
  std::vector<std::string> without_huge{};  // more arguments without hugepages
  std::vector<std::string> more{};          // and in either case
};
// Throws where it does not start.
void start_eal(const EalSettings& settings);

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
