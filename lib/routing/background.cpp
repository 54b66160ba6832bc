// SPDX-License-Identifier: BSD-3-Clause
#include "routing/background.hpp"

#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace ringroad::routing {
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

std::vector<unsigned> background_cores(std::span<const unsigned> all,
                                       std::span<const unsigned> workers) {
  std::vector<unsigned> cores;
  std::ranges::copy_if(all, std::back_inserter(cores), [&](unsigned core) {
    return std::ranges::find(workers, core) == workers.end();
  });
  return cores.empty() ? std::vector<unsigned>(all.begin(), all.end()) : cores;
}

Background::Background(std::vector<unsigned> cores)
    : threads_{tbb::global_control::max_allowed_parallelism, cores.size()},
      arena_{static_cast<int>(cores.size())},
      binder_{arena_, std::move(cores)} {}

Background::Binder::Binder(tbb::task_arena& arena, std::vector<unsigned> cores)
    : tbb::task_scheduler_observer{arena}, cores_{std::move(cores)} {
  observe(true);
}

Background::Binder::~Binder() { observe(false); }

void Background::Binder::on_scheduler_entry(bool /*is_worker*/) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const unsigned core : cores_) {
    CPU_SET(core, &set);
  }
  // If the kernel refuses, the work is done on the cores that the thread may use.
  sched_setaffinity(0, sizeof set, &set);
  // One of these cores is the control thread's, whose timers have priority.
  constexpr int kNice = 10;
  setpriority(PRIO_PROCESS, 0, kNice);
}

}  // namespace ringroad::routing
