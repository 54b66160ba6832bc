// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Wakes a sleeping thread when another thread has work for it. A system call is made only while the
// thread sleeps, so a busy thread costs the others none.
#include <atomic>
#include <memory>
#include <utility>

#include "base/error.hpp"
#include "base/file_descriptor.hpp"

namespace ringroad::worker {

class Doorbell {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Doorbell>> make();

  // The sleeping thread calls arm() before it looks for work the last time, and disarm() after the
  // sleep.
  void arm() {
    asleep_.store(true, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_seq_cst);  // pairs with the fence in ring()
  }
  void disarm() { asleep_.store(false, std::memory_order_relaxed); }
  // The descriptor is readable from ring() until clear().
  [[nodiscard]] int poll_fd() const { return bell_.get(); }
  void clear();

  // Any thread calls this after it queued work for the sleeping thread. ~30 cycles while that
  // thread is awake.
  void ring() {
    std::atomic_thread_fence(std::memory_order_seq_cst);  // pairs with the fence in arm()
    if (asleep_.load(std::memory_order_relaxed)) [[unlikely]] {
      wake();
    }
  }

 private:
  explicit Doorbell(FileDescriptor bell) : bell_{std::move(bell)} {}
  void wake();

  FileDescriptor bell_;  // an eventfd
  std::atomic<bool> asleep_{false};
};

}  // namespace ringroad::worker
