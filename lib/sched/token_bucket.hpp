#pragma once
// Shapes a queue to a rate: a packet may go while there is credit, and takes its length from it.
#include <algorithm>
#include <cstdint>

#include "base/units.hpp"

namespace ringroad::sched {

class TokenBucket {
 public:
  TokenBucket(BitsPerSecond rate, Bytes burst, Nanoseconds now)
      : rate_{rate}, full_{bits(burst.count)}, credit_{full_}, last_{now} {}

  void refill(Nanoseconds now) {
    const auto elapsed = std::max<std::int64_t>((now - last_).count(), 0);
    last_ = now;
    // 128 bits: a year at 400 Gbit does not overflow.
    const auto earned = static_cast<Wide>(elapsed) * static_cast<Wide>(rate_.count);
    credit_ = std::min<Wide>(credit_ + earned, full_);
  }
  [[nodiscard]] bool may_send() const { return credit_ > 0; }
  void take(std::uint64_t bytes) { credit_ -= bits(bytes); }

 private:
  __extension__ using Wide = __int128;

  // Credit is in bits times 10^9, so that a nanosecond at 1 bit/s still counts.
  static Wide bits(std::uint64_t bytes) { return static_cast<Wide>(bytes) * 8 * 1'000'000'000; }

  BitsPerSecond rate_;
  Wide full_;
  Wide credit_;
  Nanoseconds last_;
};

}  // namespace ringroad::sched
