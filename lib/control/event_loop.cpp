// SPDX-License-Identifier: BSD-3-Clause
#include "control/event_loop.hpp"

#include <algorithm>
#include <ctime>
#include <utility>

namespace ringroad::control {

EventLoop::EventLoop(const Clock& clock, worker::Doorbell& bell, Work work)
    : clock_{clock}, bell_{bell}, work_{std::move(work)} {
  watch(bell.poll_fd(), [&bell] { bell.clear(); });  // not `this`, because the loop may move
}

void EventLoop::watch(int descriptor, std::function<void()> handler) {
  watched_.push_back({.fd = descriptor, .events = POLLIN, .revents = 0});
  handlers_.push_back(std::move(handler));
}

void EventLoop::turn() {
  if (work_.run_once()) {
    naps_ = 0;
    serve(Nanoseconds{});
  } else if (naps_ < kNaps) {
    ++naps_;
    serve(kNap);
  } else {
    rest();
  }
}

void EventLoop::rest() {
  bell_.arm();
  // A worker that punted before the bell was armed considered this thread awake and did not ring.
  if (work_.run_once()) {
    naps_ = 0;
    bell_.disarm();
    return;
  }
  serve(std::clamp(work_.next_deadline() - clock_.now(), Nanoseconds{}, kLongestSleep));
  bell_.disarm();
}

void EventLoop::serve(Nanoseconds longest) {
  const timespec timeout{.tv_sec = 0, .tv_nsec = longest.count()};
  if (ppoll(watched_.data(), watched_.size(), &timeout, nullptr) <= 0) {
    return;
  }
  for (std::size_t i = 0; i < watched_.size(); ++i) {
    if (watched_[i].revents != 0) {
      naps_ = 0;
      if (handlers_[i]) {
        handlers_[i]();
      }
    }
  }
}

}  // namespace ringroad::control
