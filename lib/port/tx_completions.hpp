// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// How much of what a TX ring was given the device has sent, found out by asking for the state of
// its descriptors. An estimate: within a burst the bytes are taken to be spread evenly, and a
// packet to take one descriptor. One worker's own.
#include <cstdint>

#include "base/own_lines.hpp"

namespace ringroad::port {

class TxCompletions {
 public:
  explicit TxCompletions(std::uint16_t descriptors) : ring_{descriptors}, bursts_(descriptors) {}

  // Descriptors that were filled.
  void hand_over(std::uint16_t descriptors, std::uint64_t bytes) {
    if (descriptors == 0) {
      return;
    }
    bursts_[last_ % ring_] = {descriptors, bytes};
    ++last_;
    filled_ += descriptors;
    // What the ring took beyond its size, it sent before.
    const std::uint64_t outstanding = filled_ - done_;
    if (outstanding > ring_) {
      early_ += complete(outstanding - ring_);
    }
  }

  // Bytes sent since the last call. `is_done(offset)` asks for the descriptor that many behind the
  // next to be filled, as rte_eth_tx_descriptor_status counts them.
  template <class IsDone>
  std::uint64_t poll(IsDone&& is_done) {
    const auto is_sent = [&](std::uint64_t descriptor) {
      return is_done(static_cast<std::uint16_t>(ring_ - (filled_ - descriptor)));
    };
    // They are done in order: the first that is not is found by halving. Devices tell of a packet's
    // last descriptor alone, so that one amid a packet of several never is: the newest, which ends
    // a packet, goes first, and an empty ring is always seen to be empty.
    std::uint64_t low = done_;
    std::uint64_t high = filled_;
    if (low < high && is_sent(high - 1)) {
      low = high;
    } else if (low < high) {
      --high;
    }
    while (low < high) {
      const std::uint64_t middle = (low + high) / 2;
      if (is_sent(middle)) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    const std::uint64_t bytes = early_ + complete(low - done_);
    early_ = 0;
    return bytes;
  }

  // The ring begins anew, empty.
  void reset() { first_ = last_ = filled_ = done_ = early_ = 0; }

 private:
  struct Burst {
    std::uint32_t descriptors = 0;
    std::uint64_t bytes = 0;
  };

  // The bytes of the oldest so many descriptors, which are done.
  std::uint64_t complete(std::uint64_t descriptors) {
    std::uint64_t bytes = 0;
    done_ += descriptors;
    while (descriptors > 0) {
      Burst& burst = bursts_[first_ % ring_];
      if (descriptors >= burst.descriptors) {
        descriptors -= burst.descriptors;
        bytes += burst.bytes;
        ++first_;
        continue;
      }
      const std::uint64_t part = burst.bytes * descriptors / burst.descriptors;
      burst.bytes -= part;
      burst.descriptors -= static_cast<std::uint32_t>(descriptors);
      bytes += part;
      descriptors = 0;
    }
    return bytes;
  }

  std::uint64_t ring_;
  OwnLinesVector<Burst> bursts_;  // handed over and not known to be done, from first_ to last_
  std::uint64_t first_ = 0;
  std::uint64_t last_ = 0;
  std::uint64_t filled_ = 0;  // descriptors, since the ring began
  std::uint64_t done_ = 0;
  std::uint64_t early_ = 0;  // bytes found done between two polls
};

}  // namespace ringroad::port
