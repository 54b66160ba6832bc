// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Where the control side does its long work: TBB's tasks, on the cores that are no worker's.
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_scheduler_observer.h>

#include <span>
#include <utility>
#include <vector>

namespace ringroad::routing {

// The cores that the process was started on: DPDK binds its threads to fewer.
[[nodiscard]] std::vector<unsigned> cores_at_start();
// Those that are no worker's; all of them where no other is left.
[[nodiscard]] std::vector<unsigned> background_cores(std::span<const unsigned> all,
                                                     std::span<const unsigned> workers);

class Background {
 public:
  explicit Background(std::vector<unsigned> cores);

  // Works in the calling thread, which stays on these cores from then on, and in TBB's.
  template <class Work>
  auto run(Work&& work) {
    return arena_.execute(std::forward<Work>(work));
  }

 private:
  // TBB's threads would stay on the core of the thread that first asked for them.
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

  // TBB counts the cores of the thread that first asks for them, which DPDK has bound to one.
  tbb::global_control threads_;
  tbb::task_arena arena_;
  Binder binder_;
};

}  // namespace ringroad::routing
