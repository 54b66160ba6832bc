// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The mark of a packet: Linux's skb->mark. A packet that was just received has mark 0.
#include <cstdint>

#include "base/error.hpp"
#include "packet/mbuf_field.hpp"
#include "packet/packet.hpp"

namespace ringroad {

class Mark {
 public:
  // Once, before the first packet.
  [[nodiscard]] static Status reserve() {
    return field.reserve({"ringroad_mark", "ringroad_marked", "marks"});
  }
  // For tests without an EAL.
  static void place(MbufPlace place) { field.place(place); }

  [[nodiscard]] static std::uint32_t of(const Packet& packet) { return field.of(packet); }
  static void set(Packet& packet, std::uint32_t mark) { field.set(packet, mark); }
  // The router made another packet of it (Linux without fwmark_reflect).
  static void clear(Packet& packet) { field.clear(packet); }

 private:
  static inline MbufField<std::uint32_t> field;
};

}  // namespace ringroad
