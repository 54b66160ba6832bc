// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Determines how many bytes a device's ring should hold (Linux's dynamic queue limits): enough that
// the link never idles, and no more, so that the other packets wait in the bands, where priorities
// apply. The limit adapts: it grows if the ring ran empty while packets were held back, and shrinks
// by the bytes that were never needed. Owned by one worker.
#include <algorithm>
#include <cstdint>

#include "base/units.hpp"

namespace ringroad::sched {

class ByteLimit {
 public:
  // The bytes that may still be handed over; the packet that crosses the limit may be sent.
  [[nodiscard]] std::int64_t room() const {
    return static_cast<std::int64_t>(limit_) - static_cast<std::int64_t>(in_flight());
  }
  [[nodiscard]] std::uint64_t in_flight() const { return handed_ - done_; }
  [[nodiscard]] std::uint64_t limit() const { return limit_; }

  void hand_over(std::uint64_t bytes) { handed_ += bytes; }
  // The caller had more packets to hand over than there was room for.
  void hold_back() { held_back_ = true; }

  // The device has sent this many bytes.
  void complete(std::uint64_t bytes, Nanoseconds now) {
    done_ += bytes;
    const std::uint64_t left = in_flight();
    if (held_back_ && left == 0) {
      // The link may have been idle; with this many bytes more it would not have been.
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
  // The ring was emptied without sending its packets.
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
  std::uint64_t slack_ = kLimitMax;  // least bytes left in the ring at completions
  Nanoseconds watched_since_{};
  bool held_back_ = false;
};

}  // namespace ringroad::sched
