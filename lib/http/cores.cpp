// SPDX-License-Identifier: BSD-3-Clause
#include "http/cores.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

namespace ringroad::http {

std::vector<unsigned> spare_cores(const config::Engine& engine) {
  cpu_set_t possible;
  CPU_ZERO(&possible);
  ::sched_getaffinity(0, sizeof possible, &possible);
  std::vector<unsigned> cores;
  for (unsigned core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &possible) && core != engine.control &&
        std::ranges::find(engine.workers, core) == engine.workers.end()) {
      cores.push_back(core);
    }
  }
  if (cores.empty()) {
    cores.push_back(engine.control);
  }
  return cores;
}

void stay_on(const std::vector<unsigned>& cores, const std::string& name) {
  ::pthread_setname_np(::pthread_self(), name.c_str());
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const unsigned core : cores) {
    CPU_SET(core, &set);
  }
  if (!cores.empty()) {
    ::pthread_setaffinity_np(::pthread_self(), sizeof set, &set);
  }
  // Linux's nice values are each thread's own (setpriority(2), C library differences).
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), 10);
}

}  // namespace ringroad::http
