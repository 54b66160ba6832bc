// SPDX-License-Identifier: BSD-3-Clause
#include "base/cores.hpp"

#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <iterator>

namespace ringroad {
namespace {

std::vector<unsigned> cores_of_this_thread() {
  std::vector<unsigned> cores;
  cpu_set_t set;
  CPU_ZERO(&set);
  sched_getaffinity(0, sizeof set, &set);
  for (unsigned core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &set)) {
      cores.push_back(core);
    }
  }
  return cores;
}

// The cores are read before main(), and therefore before DPDK binds this thread.
const std::vector<unsigned> kCoresAtStart = cores_of_this_thread();

}  // namespace

std::vector<unsigned> cores_at_start() { return kCoresAtStart; }

std::vector<unsigned> cores_without(std::span<const unsigned> all,
                                    std::span<const unsigned> taken) {
  std::vector<unsigned> cores;
  std::ranges::copy_if(all, std::back_inserter(cores), [&](unsigned core) {
    return std::ranges::find(taken, core) == taken.end();
  });
  return cores;
}

void stay_in_background(std::span<const unsigned> cores) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const unsigned core : cores) {
    CPU_SET(core, &set);
  }
  // If the kernel refuses, the thread runs on the cores that it may use.
  sched_setaffinity(0, sizeof set, &set);
  // One of these cores may be the control thread's, whose timers have priority. Linux's nice values
  // are each thread's own (setpriority(2), C library differences).
  constexpr int kNice = 10;
  setpriority(PRIO_PROCESS, 0, kNice);
}

}  // namespace ringroad
