// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// How the control thread waits: for file descriptors, for its next timer, and for workers, who ring
// a doorbell while it sleeps. It uses nothing while nothing happens.
#include <poll.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "base/clock.hpp"
#include "worker/doorbell.hpp"

namespace ringroad::control {

class EventLoop {
 public:
  // What is looked at although nothing tells of it, such as a device's link, is looked at this
  // often.
  static constexpr Nanoseconds kLongestSleep = std::chrono::milliseconds{10};
  // What arrives soon after something else did is found without a doorbell: that long the thread
  // only naps, and no worker is made to ring.
  static constexpr Nanoseconds kNap = std::chrono::microseconds{100};
  static constexpr std::uint32_t kNaps = 20;

  struct Work {
    // One round; true where there may be more to do at once.
    std::function<bool()> run_once;
    // When a timer of it is due.
    std::function<Nanoseconds()> next_deadline;
  };

  EventLoop(const Clock& clock, worker::Doorbell& bell, Work work);
  // `handler` is called in each turn in which the descriptor is readable; none: the round of work
  // that follows sees to it.
  void watch(int descriptor, std::function<void()> handler = {});
  // One round of work, then the descriptors, for which it waits where there was no work.
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
