// SPDX-License-Identifier: BSD-3-Clause
#include "routing/background.hpp"

#include <oneapi/tbb/parallel_for.h>
#include <sched.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "base/cores.hpp"

namespace ringroad::routing {
namespace {

using Cores = std::vector<unsigned>;

Cores cores_of_this_thread() {
  Cores cores;
  cpu_set_t set;
  CPU_ZERO(&set);
  REQUIRE(sched_getaffinity(0, sizeof set, &set) == 0);
  for (unsigned core = 0; core < CPU_SETSIZE; ++core) {
    if (CPU_ISSET(core, &set)) {
      cores.push_back(core);
    }
  }
  return cores;
}

void bind_this_thread(unsigned core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  REQUIRE(sched_setaffinity(0, sizeof set, &set) == 0);
}

TEST_CASE("work in the background leaves the workers' cores alone while there are others") {
  CHECK(background_cores(Cores{0, 1, 2, 3}, Cores{1, 3}) == Cores{0, 2});
  CHECK(background_cores(Cores{0, 1}, Cores{1}) == Cores{0});
  CHECK(background_cores(Cores{0, 1}, Cores{0, 1}) == Cores{0, 1});
}

TEST_CASE("every thread that works in the background is on its cores, and there is one for each") {
  const Cores cores = cores_at_start();
  std::mutex mutex;
  std::set<std::thread::id> threads;
  std::set<Cores> seen;
  // The calling thread is bound to one core, as DPDK binds the control thread.
  std::thread asker{[&] {
    bind_this_thread(cores.front());
    Background background{cores};
    background.run([&] {
      tbb::parallel_for(0, 100 * static_cast<int>(cores.size()), [&](int /*i*/) {
        std::this_thread::sleep_for(std::chrono::milliseconds{1});
        const std::lock_guard lock{mutex};
        threads.insert(std::this_thread::get_id());
        seen.insert(cores_of_this_thread());
      });
    });
  }};
  asker.join();
  CHECK(seen == std::set{cores});
  CHECK(threads.size() == cores.size());
}

}  // namespace
}  // namespace ringroad::routing
