// SPDX-License-Identifier: BSD-3-Clause
#include "routing/background.hpp"

#include <utility>

#include "base/cores.hpp"

namespace ringroad::routing {

std::vector<unsigned> background_cores(std::span<const unsigned> all,
                                       std::span<const unsigned> workers) {
  std::vector<unsigned> cores = cores_without(all, workers);
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

void Background::Binder::on_scheduler_entry(bool /*is_worker*/) { stay_in_background(cores_); }

}  // namespace ringroad::routing
