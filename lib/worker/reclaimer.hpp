// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Retired memory waits here until every worker has passed a quiescent state.
#include <rte_rcu_qsbr.h>

#include <cstdlib>
#include <deque>
#include <functional>
#include <memory>
#include <utility>

#include "base/reclaim.hpp"

namespace ringroad::worker {

// Control thread only.
class QsbrReclaimer final : public Reclaimer {
 public:
  explicit QsbrReclaimer(std::uint32_t readers) {
    const std::size_t bytes = rte_rcu_qsbr_get_memsize(readers);
    qsbr_.reset(static_cast<rte_rcu_qsbr*>(
        std::aligned_alloc(RTE_CACHE_LINE_SIZE, RTE_ALIGN_CEIL(bytes, RTE_CACHE_LINE_SIZE))));
    rte_rcu_qsbr_init(qsbr_.get(), readers);
  }
  ~QsbrReclaimer() override = default;
  QsbrReclaimer(const QsbrReclaimer&) = delete;
  QsbrReclaimer& operator=(const QsbrReclaimer&) = delete;

  void retire(std::function<void()> release) override {
    waiting_.push_back({rte_rcu_qsbr_start(qsbr_.get()), std::move(release)});
  }
  // Releases the memory that no reader can hold any more, in ~1 ms at most, and never waits.
  void run_once() {
    constexpr std::size_t kAtOnce = 2048;
    for (std::size_t count = 0; count < kAtOnce && !waiting_.empty() &&
                                rte_rcu_qsbr_check(qsbr_.get(), waiting_.front().token, false) == 1;
         ++count) {
      const auto release = std::move(waiting_.front().release);
      waiting_.pop_front();
      release();
    }
  }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }
  [[nodiscard]] rte_rcu_qsbr& readers() { return *qsbr_; }

 private:
  struct Waiting {
    std::uint64_t token;
    std::function<void()> release;
  };
  struct Free {
    void operator()(rte_rcu_qsbr* qsbr) const { std::free(qsbr); }
  };
  std::unique_ptr<rte_rcu_qsbr, Free> qsbr_;
  std::deque<Waiting> waiting_;
};

}  // namespace ringroad::worker
