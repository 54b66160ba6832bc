// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Makes pieces of a packet that may lie in several buffers: new headers followed by references to
// the payload, or by copies. Control thread only.
#include <algorithm>
#include <cstdint>
#include <utility>

#include "packet/packet.hpp"

struct rte_mempool;

namespace ringroad {

// A position in a packet.
class Cursor {
 public:
  Cursor(Packet& packet, std::uint32_t offset) : segment_{&packet}, offset_{offset} {}

  // Returns the number of buffers that hold the next `bytes`.
  [[nodiscard]] std::uint16_t buffers(std::uint32_t bytes) const;
  // Calls `show` for each buffer's part of the next `bytes`. Returns false if `show` did, or if the
  // packet ends first.
  template <class Show>
  bool advance(std::uint32_t bytes, Show&& show) {
    while (bytes > 0 && segment_ != nullptr) {
      const std::uint32_t here = std::min(
          segment_->data_len - std::min<std::uint32_t>(offset_, segment_->data_len), bytes);
      if (here > 0 && !show(*segment_, offset_, here)) {
        return false;
      }
      bytes -= here;
      offset_ += here;
      if (offset_ >= segment_->data_len) {
        offset_ -= segment_->data_len;
        segment_ = segment_->next;
      }
    }
    return bytes == 0;
  }

 private:
  Packet* segment_;
  std::uint32_t offset_;
};

struct PieceShape {
  std::uint16_t headers = 0;   // octets of the frame that each piece begins with
  std::uint16_t inserted = 0;  // octets behind them, for the caller to write
  std::uint32_t payload = 0;
  bool gather = false;  // refer to the payload instead of copying it
};
// Returns a piece with the payload that the cursor is at; null if the pool is empty. The headers
// lie in the packet's first buffer.
[[nodiscard]] OwnedPacket make_piece(rte_mempool& pool, Packet& packet, Cursor& from,
                                     const PieceShape& shape);

// Returns the packet in one buffer, for a port that sends only such frames; null if the pool is
// empty.
[[nodiscard]] OwnedPacket in_one_buffer(rte_mempool& pool, OwnedPacket packet);

}  // namespace ringroad
