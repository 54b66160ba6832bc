// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Where threads that answer HTTP hand work to the control thread, which alone reads and changes the
// router. The control thread does a slice at a time, and gives all of them together a fifth of its
// time at most.
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/file_descriptor.hpp"

namespace ringroad::http {

// Work for the control thread. It is destroyed by the thread that waits for it, or, if that gave
// up, by the control thread: it keeps nothing whose destruction needs the router.
class Errand {
 public:
  Errand() = default;
  Errand(const Errand&) = delete;
  Errand& operator=(const Errand&) = delete;
  virtual ~Errand() = default;
  // Control thread: does a slice of ~1 ms. Returns true at the end.
  [[nodiscard]] virtual bool advance() = 0;
  // Control thread: the errand is not advanced any more.
  virtual void abandon() {}
};

class Desk {
 public:
  // More than the answering threads hand over at once.
  static constexpr std::size_t kErrandsMax = 8;

  [[nodiscard]] static Result<std::unique_ptr<Desk>> open(const Clock& clock);
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;
  ~Desk() = default;

  // Any other thread. Returns false if the errand was not done in time, or never will be.
  [[nodiscard]] bool run(const std::shared_ptr<Errand>& errand, std::chrono::milliseconds patience);

  // Control thread: readable when run_once() has something to do.
  [[nodiscard]] int poll_fd() const { return timer_.get(); }
  // Control thread: advances the errand whose turn it is.
  void run_once();
  // Control thread: abandons all errands, and refuses others.
  void close();

 private:
  struct Ticket {
    std::shared_ptr<Errand> errand;
    bool done = false;
    bool given_up = false;
  };

  Desk(const Clock& clock, FileDescriptor timer) : clock_{clock}, timer_{std::move(timer)} {}
  // With the mutex held: makes the descriptor readable when the next slice may run, or not at all.
  void arm();

  const Clock& clock_;
  // A timer rather than an event: the control thread sleeps while their fifth is used up.
  FileDescriptor timer_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::shared_ptr<Ticket>> queue_;
  Nanoseconds not_before_{};
  bool closed_ = false;
};

}  // namespace ringroad::http
