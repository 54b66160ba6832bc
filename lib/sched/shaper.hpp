// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The rates of a port and of its bands, shared by all workers that send through the port, and the
// tokens that one worker draws in one drain.
#include <array>
#include <memory>

#include "sched/discipline.hpp"
#include "sched/rate_bucket.hpp"

namespace ringroad::sched {

// Any thread may draw.
struct Shaper {
  Shaper(const Discipline& discipline, Nanoseconds now) {
    if (discipline.rate) {
      port = std::make_unique<RateBucket>(*discipline.rate, discipline.burst, now);
    }
    for (std::size_t band = 0; band < discipline.bands; ++band) {
      const BandSettings& settings = discipline.each[band];
      if (settings.rate) {
        rate[band] = std::make_unique<RateBucket>(*settings.rate, settings.burst, now);
      }
      if (settings.ceil) {
        ceil[band] = std::make_unique<RateBucket>(*settings.ceil, settings.burst, now);
      }
    }
  }

  std::unique_ptr<RateBucket> port;
  std::array<std::unique_ptr<RateBucket>, kBandsMax> rate;
  std::array<std::unique_ptr<RateBucket>, kBandsMax> ceil;
};

// The tokens that one worker has drawn from a bucket in one drain. Without a bucket there is no
// limit.
class Draw {
 public:
  explicit Draw(RateBucket* bucket = nullptr) : bucket_{bucket} {}

  // `want`: the bytes that may be sent in the whole drain.
  [[nodiscard]] bool covers(std::uint64_t bytes, std::uint64_t want, Nanoseconds now) {
    if (bucket_ == nullptr || drawn_ >= bytes) {
      return true;
    }
    if (dry_) {
      return false;
    }
    const std::uint64_t more = bucket_->draw(now, bytes - drawn_, std::max(bytes, want) - drawn_);
    drawn_ += more;
    dry_ = more == 0;
    return !dry_;
  }
  // The bytes that may be sent without another draw.
  [[nodiscard]] std::uint64_t left() const {
    return bucket_ == nullptr ? ~std::uint64_t{0} : drawn_;
  }
  void spend(std::uint64_t bytes) {
    if (bucket_ != nullptr) {
      drawn_ -= bytes;
    }
  }
  void finish() {
    if (drawn_ > 0) {
      bucket_->give_back(drawn_);
    }
    drawn_ = 0;
    dry_ = false;
  }

 private:
  RateBucket* bucket_;
  std::uint64_t drawn_ = 0;
  bool dry_ = false;  // no more tokens in this drain, whose time does not advance
};

}  // namespace ringroad::sched
