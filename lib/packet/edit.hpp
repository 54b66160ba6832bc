// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Changes a packet that may lie in several buffers. Control thread only.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>

#include "packet/packet.hpp"

namespace ringroad {

// Overwrites octets that are there.
inline void write_bytes(Packet& packet, std::uint32_t offset, std::span<const std::uint8_t> from) {
  for (Packet* segment = &packet; segment != nullptr && !from.empty(); segment = segment->next) {
    if (offset >= segment->data_len) {
      offset -= segment->data_len;
      continue;
    }
    const std::size_t here = std::min<std::size_t>(from.size(), segment->data_len - offset);
    std::memcpy(frame(*segment) + offset, from.data(), here);
    from = from.subspan(here);
    offset = 0;
  }
}

// Removes `count` octets behind the first `offset`, which the packet has and of which the first
// buffer holds at least one.
inline void cut(Packet& packet, std::uint32_t offset, std::uint32_t count) {
  if (offset + count <= packet.data_len) {
    std::memmove(frame(packet) + count, frame(packet), offset);
    rte_pktmbuf_adj(&packet, static_cast<std::uint16_t>(count));
    return;
  }
  packet.pkt_len -= count;
  Packet* previous = &packet;
  for (Packet* segment = &packet; segment != nullptr && count > 0;) {
    if (offset >= segment->data_len) {
      offset -= segment->data_len;
      previous = segment;
      segment = segment->next;
      continue;
    }
    const auto here =
        static_cast<std::uint16_t>(std::min<std::uint32_t>(count, segment->data_len - offset));
    std::uint8_t* const place = frame(*segment) + offset;
    std::memmove(place, place + here, segment->data_len - offset - here);
    segment->data_len = static_cast<std::uint16_t>(segment->data_len - here);
    count -= here;
    if (segment->data_len == 0) {
      previous->next = segment->next;
      --packet.nb_segs;
      rte_pktmbuf_free_seg(segment);
      segment = previous->next;
    }
  }
}

}  // namespace ringroad
