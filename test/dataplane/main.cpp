// SPDX-License-Identifier: BSD-3-Clause
// Tests the whole pipeline in one process: ports are rings, and the tests advance the clock.
#define CATCH_CONFIG_RUNNER
#include <rte_eal.h>

#include <array>
#include <catch2/catch.hpp>

#include "base/log.hpp"

// net_pcap leaks what libpcap opened for a device that is removed before it was started.
extern "C" const char* __lsan_default_suppressions();   // NOLINT(bugprone-reserved-identifier)
extern "C" const char* __lsan_default_suppressions() {  // NOLINT(bugprone-reserved-identifier)
  return "leak:libpcap";
}

int main(int argc, char** argv) {
  ringroad::log::set_up("error");
  // One lcore for each polling thread: the test's own, and those of the concurrent tests.
  std::array arguments{"dataplane",      "--no-huge",   "-m",          "512",
                       "--no-pci",       "--lcores",    "0@0,1@0,2@0", "--no-shconf",
                       "--no-telemetry", "--log-level", "*:error"};
  std::array<char*, arguments.size()> eal_argv{};
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    eal_argv[i] = const_cast<char*>(arguments[i]);
  }
  if (rte_eal_init(static_cast<int>(eal_argv.size()), eal_argv.data()) < 0) {
    return 1;
  }
  const int failed = Catch::Session().run(argc, argv);
  rte_eal_cleanup();
  return failed;
}
