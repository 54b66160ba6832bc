// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Controlled delay (RFC 8289): drops from the front of a queue that has delayed packets longer than
// the target for a whole interval, and drops more often the longer this lasts. Marks packets
// instead if the sender supports ECN (RFC 3168). Owned by one worker.
#include <cmath>
#include <cstdint>

#include "packet/ecn.hpp"
#include "sched/fifo.hpp"
#include "sched/queue.hpp"

namespace ringroad::sched {

// The control law of one queue.
class CodelState {
 public:
  // The decision about the packet at the front of the queue; the number of bytes behind it is
  // given.
  enum class Verdict : std::uint8_t { kSend, kDrop };

  // Called for one packet after another until one is sent.
  [[nodiscard]] Verdict judge(const CodelSettings& settings, rte_mbuf& packet,
                              std::uint64_t bytes_behind, Nanoseconds now, std::uint64_t& marked) {
    const bool stands = stands_too_long(settings, now - queued_at(packet), bytes_behind, now);
    if (!dropping_) {
      if (!stands) {
        return Verdict::kSend;
      }
      enter(settings, now);
      return drop_or_mark(settings, packet, marked);
    }
    if (!stands) {
      dropping_ = false;
      return Verdict::kSend;
    }
    if (now < drop_next_) {
      return Verdict::kSend;
    }
    ++count_;
    drop_next_ += step(settings);
    return drop_or_mark(settings, packet, marked);
  }
  // The queue is empty: RFC 8289 5.4 leaves the dropping state.
  void emptied() {
    dropping_ = false;
    first_above_.reset();
  }

 private:
  // With fewer bytes there is no standing queue, only a packet in transit (RFC 8289 5.4).
  static constexpr std::uint64_t kPacketMax = 1514;

  bool stands_too_long(const CodelSettings& settings, Nanoseconds delay, std::uint64_t bytes_behind,
                       Nanoseconds now) {
    if (delay < settings.target || bytes_behind <= kPacketMax) {
      first_above_.reset();
      return false;
    }
    if (!first_above_) {
      first_above_ = now + settings.interval;
    }
    return now >= *first_above_;
  }
  // If the last drop was recent, the drop rate continues near its last value (RFC 8289 5.5).
  void enter(const CodelSettings& settings, Nanoseconds now) {
    constexpr std::uint32_t kIntervals = 16;
    const std::uint32_t since = count_ - last_count_;
    count_ = since > 1 && now - drop_next_ < kIntervals * settings.interval ? since : 1;
    last_count_ = count_;
    dropping_ = true;
    drop_next_ = now + step(settings);
  }
  [[nodiscard]] Nanoseconds step(const CodelSettings& settings) const {
    return Nanoseconds{static_cast<std::int64_t>(static_cast<double>(settings.interval.count()) /
                                                 std::sqrt(static_cast<double>(count_)))};
  }
  static Verdict drop_or_mark(const CodelSettings& settings, rte_mbuf& packet,
                              std::uint64_t& marked) {
    if (settings.ecn && mark_congestion(packet)) {
      ++marked;
      return Verdict::kSend;
    }
    return Verdict::kDrop;
  }

  std::optional<Nanoseconds> first_above_;
  Nanoseconds drop_next_{};
  std::uint32_t count_ = 0;
  std::uint32_t last_count_ = 0;
  bool dropping_ = false;
};

class Codel {
 public:
  explicit Codel(const BandSettings& settings) : settings_{settings.codel}, fifo_{settings} {}

  [[nodiscard]] std::uint32_t packets() const { return fifo_.packets(); }
  [[nodiscard]] std::uint64_t bytes() const { return fifo_.bytes(); }
  [[nodiscard]] std::uint32_t next_bytes() const { return fifo_.next_bytes(); }
  [[nodiscard]] std::uint64_t marked() const { return marked_; }

  template <DropFunction Drop>
  void push(rte_mbuf* packet, Drop&& drop) {
    fifo_.push(packet, drop);
  }
  template <DropFunction Drop>
  rte_mbuf* pop(Nanoseconds now, std::uint64_t longest, Drop&& drop) {
    while (fifo_.packets() > 0 && fifo_.next_bytes() <= longest) {
      rte_mbuf* const packet = fifo_.pop();
      if (state_.judge(settings_, *packet, fifo_.bytes(), now, marked_) ==
          CodelState::Verdict::kSend) {
        return packet;
      }
      drop(packet, Lost::kManaged);
    }
    if (fifo_.packets() == 0) {
      state_.emptied();
    }
    return nullptr;
  }
  rte_mbuf* shed() {
    rte_mbuf* const packet = fifo_.shed();
    if (fifo_.packets() == 0) {
      state_.emptied();
    }
    return packet;
  }
  template <class Take>
  void clear(Take&& take) {
    fifo_.clear(take);
  }

 private:
  CodelSettings settings_;
  Fifo fifo_;
  CodelState state_;
  std::uint64_t marked_ = 0;
};
static_assert(Queue<Codel>);

}  // namespace ringroad::sched
