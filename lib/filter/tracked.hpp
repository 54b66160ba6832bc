// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What connection tracking knows about a packet: Linux's skb->_nfct. Of a packet that was just
// received it is not set.
#include <cstdint>

#include "base/error.hpp"
#include "filter/connections.hpp"
#include "packet/mbuf_field.hpp"
#include "packet/packet.hpp"

namespace ringroad::filter {

// Linux's ip_conntrack_info without the direction.
enum class TrackedAs : std::uint8_t { kInvalid, kNew, kEstablished, kRelated, kUntracked };

struct Tracked {
  std::uint32_t number = 0;  // of the connection, if there is one
  std::uint16_t generation = 0;
  OutcomeId outcome = 0;       // what all rules do with the packet; 0: they are evaluated
  std::uint8_t recording = 0;  // the number plus 1 of that by which it is learned; 0: none
  std::uint8_t table = 0;      // the number of its table
  TrackedAs as = TrackedAs::kInvalid;
  Direction direction = Direction::kOriginal;
  bool has_connection = false;
  // It was set when the packet was made, because the packet is about a connection's packet (Linux's
  // nf_ct_attach).
  bool is_attached = false;
  bool is_counted = false;  // among its connection's packets

  [[nodiscard]] ConnectionId id() const { return {number, generation}; }

  // Once, before the first packet.
  [[nodiscard]] static Status reserve() {
    return field.reserve({"ringroad_connection", "ringroad_tracked", "connections"});
  }
  // For tests without an EAL.
  static void place(MbufPlace place) { field.place(place); }

  [[nodiscard]] static bool is_set(const Packet& packet) { return field.is_set(packet); }
  [[nodiscard]] static Tracked of(const Packet& packet) { return field.of(packet); }
  static void set(Packet& packet, const Tracked& tracked) { field.set(packet, tracked); }
  // If it is set.
  [[nodiscard]] static const Tracked& in(const Packet& packet) { return field.in(packet); }
  // An error, or a reset, about a packet belongs to the packet's connection (Linux's
  // nf_conntrack_attach).
  static void attach(const Packet& about, Packet& error) {
    Tracked tracked = of(about);
    if (tracked.has_connection) {
      tracked.as = TrackedAs::kRelated;
      tracked.direction = opposite(tracked.direction);
      tracked.is_attached = true;
      tracked.outcome = 0;
      tracked.recording = 0;
      set(error, tracked);
    }
  }
  static void clear(Packet& packet) { field.clear(packet); }

 private:
  static MbufField<Tracked> field;
};
static_assert(sizeof(Tracked) == 16);

inline MbufField<Tracked> Tracked::field;

}  // namespace ringroad::filter
