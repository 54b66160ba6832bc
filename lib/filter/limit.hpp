// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Limits and quotas, which all threads share: one word each on a line of its own, written by the
// packets that reach the rule.
#include <algorithm>
#include <atomic>
#include <cstdint>

#include "base/own_lines.hpp"
#include "base/units.hpp"
#include "nft/model.hpp"

namespace ringroad::filter {

// Linux's nft_limit: the bucket gains a token a nanosecond, and a packet costs some. Its state is a
// word, the time at which the bucket was empty, so one compare-exchange updates it.
class LimitRate {
 public:
  static constexpr std::uint64_t kDefaultBurst = 5;  // packets

  explicit LimitRate(const nft::Limit& limit)
      : rate_{limit.rate},
        period_{static_cast<std::uint64_t>(limit.period.count())},
        bytes_{limit.bytes},
        over_{limit.over} {
    const std::uint64_t burst = !bytes_ && limit.burst == 0 ? kDefaultBurst : limit.burst;
    most_ = bytes_ ? period_ * (rate_ + burst) / rate_ : period_ / rate_ * burst;
  }

  // The word of a full bucket.
  [[nodiscard]] std::uint64_t full_at(Nanoseconds now) const {
    return static_cast<std::uint64_t>(now.count()) - most_;
  }
  // Whether the rule would go on for a packet of this length.
  [[nodiscard]] bool would_pass(std::uint64_t empty, std::uint32_t length, Nanoseconds time) const {
    return (tokens_at(empty, time) >= cost_of(length)) != over_;
  }
  // Whether the rule goes on for a packet of this length. `word`: an atomic one.
  template <class Word>
  [[nodiscard]] bool passes(Word&& word, std::uint32_t length, Nanoseconds time) const {
    const auto now = static_cast<std::uint64_t>(time.count());
    const std::int64_t cost = cost_of(length);
    std::uint64_t empty = word.load(std::memory_order_relaxed);
    for (;;) {
      const std::int64_t tokens = tokens_at(empty, time);
      const bool conforms = tokens >= cost;
      const std::uint64_t next =
          now - static_cast<std::uint64_t>(conforms ? tokens - cost : tokens);
      if (next == empty || word.compare_exchange_weak(empty, next, std::memory_order_relaxed)) {
        return conforms != over_;
      }
    }
  }

 private:
  [[nodiscard]] std::int64_t cost_of(std::uint32_t length) const {
    return static_cast<std::int64_t>(bytes_ ? period_ * length / rate_ : period_ / rate_);
  }
  [[nodiscard]] std::int64_t tokens_at(std::uint64_t empty, Nanoseconds time) const {
    return std::min(static_cast<std::int64_t>(static_cast<std::uint64_t>(time.count()) - empty),
                    static_cast<std::int64_t>(most_));
  }

  std::uint64_t rate_;
  std::uint64_t period_;  // ns
  std::uint64_t most_;    // tokens
  bool bytes_;
  bool over_;
};

class alignas(kCacheLine) Limit {
 public:
  Limit(const nft::Limit& limit, Nanoseconds now) : rate_{limit}, empty_{rate_.full_at(now)} {}

  [[nodiscard]] bool would_pass(std::uint32_t length, Nanoseconds time) const {
    return rate_.would_pass(empty_.load(std::memory_order_relaxed), length, time);
  }
  [[nodiscard]] bool passes(std::uint32_t length, Nanoseconds time) {
    return rate_.passes(empty_, length, time);
  }

 private:
  LimitRate rate_;
  std::atomic<std::uint64_t> empty_;
};

// Whether the rule goes on when so many bytes were used (Linux's nft_overquota).
[[nodiscard]] inline bool quota_passes(std::uint64_t used, std::uint64_t bytes, bool over) {
  return (used > bytes) == over;
}

// Linux's nft_quota.
class alignas(kCacheLine) Quota {
 public:
  explicit Quota(const nft::Quota& quota)
      : bytes_{quota.bytes}, over_{quota.over}, used_{quota.used} {}

  [[nodiscard]] bool would_pass(std::uint32_t length) const {
    return quota_passes(used() + length, bytes_, over_);
  }
  [[nodiscard]] bool passes(std::uint32_t length) {
    const std::uint64_t used = used_.fetch_add(length, std::memory_order_relaxed) + length;
    return quota_passes(used, bytes_, over_);
  }
  [[nodiscard]] std::uint64_t used() const { return used_.load(std::memory_order_relaxed); }

 private:
  std::uint64_t bytes_;
  bool over_;
  std::atomic<std::uint64_t> used_;
};

}  // namespace ringroad::filter
