// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// EAL for a fuzzer: one core, no hugepages, silent.
#include <rte_eal.h>

#include <array>
#include <cstdlib>

#include "base/log.hpp"

namespace ringroad::test {

inline void start_eal() {
  log::set_up("error");
  std::array arguments{"fuzz",           "--no-huge",   "-m",         "256",
                       "--no-pci",       "--lcores",    "0@0,1@0",    "--no-shconf",
                       "--no-telemetry", "--log-level", "*:emergency"};
  std::array<char*, arguments.size()> argv{};
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    argv.at(i) = const_cast<char*>(arguments.at(i));
  }
  if (rte_eal_init(static_cast<int>(argv.size()), argv.data()) < 0) {
    std::abort();
  }
}

}  // namespace ringroad::test
