// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// How many bytes a device's ring should hold (Linux's dynamic queue limits): enough that the wire
// never waits, and no more, so that the rest waits in the bands, where priority still counts. The
// limit finds itself: it grows when the ring ran dry while packets were held back from it, and
// shrinks by what the ring never got to use. One worker's own.
#include <algorithm>
#include <cstdint>

#include "base/units.hpp"

namespace ringroad::sched {

class ByteLimit {
 public:
  // Bytes that may still be handed over: the packet that crosses the limit may go.
  [[nodiscard]] std::int64_t room() const {
    return static_cast<std::int64_t>(limit_) - static_cast<std::int64_t>(in_flight());
  }
  [[nodiscard]] std::uint64_t in_flight() const { return handed_ - done_; }
  [[nodiscard]] std::uint64_t limit() const { return limit_; }

  void hand_over(std::uint64_t bytes) { handed_ += bytes; }
  // Somebody had more to hand over than there was room for.
  void hold_back() { held_back_ = true; }

  // The device sent that many of them.
  void complete(std::uint64_t bytes, Nanoseconds now) {
    done_ += bytes;
    const std::uint64_t left = in_flight();
    if (held_back_ && left == 0) {
      // The wire may have waited for us: with as much again it would not have.
      limit_ = std::min(limit_ + std::max(bytes, kLimitMin), kLimitMax);
      begin_to_watch(now);
    } else if (held_back_) {
      slack_ = std::min(slack_, left);
      if (now - watched_since_ >= kHold) {
        limit_ = std::max(limit_ - std::min(limit_, slack_), kLimitMin);
        begin_to_watch(now);
      }
    }
    held_back_ = false;
  }
  // The ring was emptied by force.
  void reset() {
    done_ = handed_;
    held_back_ = false;
  }

 private:
  static constexpr std::uint64_t kLimitMin = std::uint64_t{2} * 1514;
  static constexpr std::uint64_t kLimitMax = std::uint64_t{1} << 30U;
  static constexpr Nanoseconds kHold = std::chrono::seconds{1};

  void begin_to_watch(Nanoseconds now) {
    slack_ = kLimitMax;
    watched_since_ = now;
  }

  std::uint64_t limit_ = std::uint64_t{16} * 1514;
  std::uint64_t handed_ = 0;
  std::uint64_t done_ = 0;
  std::uint64_t slack_ = kLimitMax;  // what was left each time that some were done
  Nanoseconds watched_since_{};
  bool held_back_ = false;
};

}  // namespace ringroad::sched
