// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The mark of a packet: Linux's skb->mark. It lies in the mbuf, in a field that DPDK lends, and a
// flag says that it was set: the flags of a packet that was just received are clear, so it has mark
// 0.
#include <rte_mbuf_dyn.h>

#include <cstdint>

#include "base/error.hpp"
#include "packet/packet.hpp"

namespace ringroad {

class Mark {
 public:
  // Once, before the first packet.
  [[nodiscard]] static Status reserve();
  // For tests without an EAL: the place of the field in an mbuf, and the flag's bit.
  static void place(std::size_t offset, std::uint64_t flag) {
    field_offset = offset;
    mark_flag = flag;
  }

  [[nodiscard]] static std::uint32_t of(const Packet& packet) {
    return (packet.ol_flags & mark_flag) == 0 ? 0 : *field(const_cast<Packet&>(packet));
  }
  static void set(Packet& packet, std::uint32_t mark) {
    packet.ol_flags |= mark_flag;
    *field(packet) = mark;
  }
  // The router made another packet of it (Linux without fwmark_reflect).
  static void clear(Packet& packet) { packet.ol_flags &= ~mark_flag; }
  // The other buffer's packet is made of this one.
  static void copy(const Packet& from, Packet& to) {
    if ((from.ol_flags & mark_flag) != 0) {
      set(to, of(from));
    }
  }

 private:
  static std::uint32_t* field(Packet& packet) {
    return RTE_MBUF_DYNFIELD(&packet, field_offset, std::uint32_t*);
  }

  static inline std::size_t field_offset = 0;
  static inline std::uint64_t mark_flag = 0;  // the bit of ol_flags
};

}  // namespace ringroad
