// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Wakes a thread that sleeps when another has something for it. It is rung only while that thread
// sleeps, so that a busy one costs the others no system call.
#include <atomic>
#include <memory>
#include <utility>

#include "base/error.hpp"
#include "base/file_descriptor.hpp"

namespace ringroad::worker {

class Doorbell {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Doorbell>> make();

  // The thread that sleeps: before it looks for work a last time, and after it slept.
  void arm() {
    asleep_.store(true, std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_seq_cst);  // ring() has the other
  }
  void disarm() { asleep_.store(false, std::memory_order_relaxed); }
  // Readable from when it was rung until clear().
  [[nodiscard]] int poll_fd() const { return bell_.get(); }
  void clear();

  // Any thread, after it put something where the sleeping one looks. ~30 cycles while that is
  // awake.
  void ring() {
    std::atomic_thread_fence(std::memory_order_seq_cst);  // arm() has the other
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
