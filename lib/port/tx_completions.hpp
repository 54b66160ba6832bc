// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Estimates how many bytes of a TX ring the device has sent, by reading the state of its
// descriptors. Within a burst the bytes are assumed to be spread evenly, and each packet to use one
// descriptor. Owned by one worker.
#include <cstdint>

#include "base/own_lines.hpp"

namespace ringroad::port {

class TxCompletions {
 public:
  explicit TxCompletions(std::uint16_t descriptors) : ring_{descriptors}, bursts_(descriptors) {}

  // Records descriptors that were filled.
  void hand_over(std::uint16_t descriptors, std::uint64_t bytes) {
    if (descriptors == 0) {
      return;
    }
    bursts_[last_ % ring_] = {descriptors, bytes};
    ++last_;
    filled_ += descriptors;
    // If the ring accepted more than its size, it has sent the excess already.
    const std::uint64_t outstanding = filled_ - done_;
    if (outstanding > ring_) {
      early_ += complete(outstanding - ring_);
    }
  }

  // Returns the bytes sent since the last call. `is_done(offset)` queries the descriptor that is
  // `offset` behind the next one to be filled, as rte_eth_tx_descriptor_status counts them.
  template <class IsDone>
  std::uint64_t poll(IsDone&& is_done) {
    const auto is_sent = [&](std::uint64_t descriptor) {
      return is_done(static_cast<std::uint16_t>(ring_ - (filled_ - descriptor)));
    };
    // Descriptors complete in order, so a binary search finds the first incomplete one. Devices
    // report only the last descriptor of a packet, so one in the middle of a packet never seems
    // complete; the newest, which ends a packet, is tested first, so that an empty ring is always
    // recognized.
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

  // The ring was restarted and is empty.
  void reset() { first_ = last_ = filled_ = done_ = early_ = 0; }

 private:
  struct Burst {
    std::uint32_t descriptors = 0;
    std::uint64_t bytes = 0;
  };

  // Removes the oldest descriptors, which are complete, and returns their bytes.
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
  OwnLinesVector<Burst> bursts_;  // handed over and not known to be complete
  std::uint64_t first_ = 0;
  std::uint64_t last_ = 0;
  std::uint64_t filled_ = 0;  // descriptors since the ring was started
  std::uint64_t done_ = 0;
  std::uint64_t early_ = 0;  // bytes found complete between two polls
};

}  // namespace ringroad::port
