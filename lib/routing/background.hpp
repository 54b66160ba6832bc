// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Runs long work of the control side: TBB's tasks, on the cores that no worker uses.
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_scheduler_observer.h>

#include <span>
#include <utility>
#include <vector>

namespace ringroad::routing {

// Returns the cores that no worker uses, or all cores if the workers use every one.
[[nodiscard]] std::vector<unsigned> background_cores(std::span<const unsigned> all,
                                                     std::span<const unsigned> workers);

class Background {
 public:
  explicit Background(std::vector<unsigned> cores);

  // Runs the work in the calling thread and in TBB's threads. The calling thread stays on these
  // cores from then on.
  template <class Work>
  auto run(Work&& work) {
    return arena_.execute(std::forward<Work>(work));
  }

 private:
  // Binds TBB's threads to the cores. Otherwise they would stay on the core of the thread that
  // first used TBB.
  class Binder final : public tbb::task_scheduler_observer {
   public:
    Binder(tbb::task_arena& arena, std::vector<unsigned> cores);
    ~Binder() override;
    Binder(const Binder&) = delete;
    Binder& operator=(const Binder&) = delete;
    void on_scheduler_entry(bool is_worker) override;

   private:
    std::vector<unsigned> cores_;
  };

  // Set explicitly, because TBB counts the cores of the thread that first uses it, and DPDK has
  // bound that thread to one core.
  tbb::global_control threads_;
  tbb::task_arena arena_;
  Binder binder_;
};

}  // namespace ringroad::routing
