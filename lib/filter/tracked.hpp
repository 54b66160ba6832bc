// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What connection tracking knows about a packet: Linux's skb->_nfct. It lies in the mbuf, in a
// field that DPDK lends, and a flag says that it was set: the flags of a packet that was just
// received are clear.
#include <rte_mbuf_dyn.h>

#include <bit>
#include <cstdint>

#include "base/error.hpp"
#include "filter/connections.hpp"
#include "packet/packet.hpp"

namespace ringroad::filter {

// Linux's ip_conntrack_info without the direction.
enum class TrackedAs : std::uint8_t { kInvalid, kNew, kEstablished, kRelated, kUntracked };

struct Tracked {
  std::uint32_t number = 0;  // of the connection, if there is one
  std::uint16_t generation = 0;
  std::uint8_t table = 0;  // the number of its table
  TrackedAs as = TrackedAs::kInvalid;
  Direction direction = Direction::kOriginal;
  bool has_connection = false;
  // It was set when the packet was made, because the packet is about a connection's packet (Linux's
  // nf_ct_attach).
  bool is_attached = false;
  bool is_counted = false;  // among its connection's packets

  [[nodiscard]] ConnectionId id() const { return {number, generation}; }

  // Once, before the first packet.
  [[nodiscard]] static Status reserve();
  // For tests without an EAL: the place of the field in an mbuf, and the flag's bit.
  static void place(std::size_t offset, std::uint64_t flag) {
    field_offset = offset;
    set_flag = flag;
  }

  [[nodiscard]] static bool is_set(const Packet& packet) {
    return (packet.ol_flags & set_flag) != 0;
  }
  [[nodiscard]] static Tracked of(const Packet& packet) {
    return is_set(packet) ? *field(const_cast<Packet&>(packet)) : Tracked{};
  }
  static void set(Packet& packet, Tracked tracked) {
    packet.ol_flags |= set_flag;
    *field(packet) = tracked;
  }
  // An error, or a reset, about a packet belongs to the packet's connection (Linux's
  // nf_conntrack_attach).
  static void attach(const Packet& about, Packet& error) {
    Tracked tracked = of(about);
    if (tracked.has_connection) {
      tracked.as = TrackedAs::kRelated;
      tracked.direction = opposite(tracked.direction);
      tracked.is_attached = true;
      set(error, tracked);
    }
  }
  static void clear(Packet& packet) { packet.ol_flags &= ~set_flag; }

 private:
  static Tracked* field(Packet& packet) {
    return RTE_MBUF_DYNFIELD(&packet, field_offset, Tracked*);
  }

  static inline std::size_t field_offset = 0;
  static inline std::uint64_t set_flag = 0;  // the bit of ol_flags
};
static_assert(sizeof(Tracked) == 12);

}  // namespace ringroad::filter
