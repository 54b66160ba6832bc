// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The control thread's loop. It waits for file descriptors, for the next timer, and for workers,
// which ring a doorbell while the thread sleeps. It needs no CPU time while nothing happens.
#include <poll.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "base/clock.hpp"
#include "worker/doorbell.hpp"

namespace ringroad::control {

class EventLoop {
 public:
  // Some states must be polled, because no event reports them, such as the link of some devices.
  // This is the longest time between two polls.
  static constexpr Nanoseconds kLongestSleep = std::chrono::milliseconds{10};
  // After it found work, the thread takes kNaps naps of this length before it sleeps. Packets that
  // arrive during a nap are found without a doorbell, so no worker has to ring.
  static constexpr Nanoseconds kNap = std::chrono::microseconds{100};
  static constexpr std::uint32_t kNaps = 20;

  struct Work {
    // Runs one round. Returns true if there may be more to do at once.
    std::function<bool()> run_once;
    // Returns when the next timer is due.
    std::function<Nanoseconds()> next_deadline;
  };

  EventLoop(const Clock& clock, worker::Doorbell& bell, Work work);
  // `handler` is called in each turn in which the descriptor is readable. Without a handler, the
  // next round of work must read the descriptor.
  void watch(int descriptor, std::function<void()> handler = {});
  // Runs one round of work, then serves the descriptors. Waits for them if there was no work.
  void turn();

 private:
  void rest();
  void serve(Nanoseconds longest);

  const Clock& clock_;
  worker::Doorbell& bell_;
  Work work_;
  std::vector<pollfd> watched_;
  std::vector<std::function<void()>> handlers_;
  std::uint32_t naps_ = 0;
};

}  // namespace ringroad::control
