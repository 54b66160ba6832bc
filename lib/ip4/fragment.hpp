// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Cuts an IPv4 packet to an MTU: in transit (RFC 791 3.2, RFC 1812 5.2.6) or the router's own.
// Control thread.
#include <cstdint>
#include <vector>

#include "packet/packet.hpp"

struct rte_mempool;

namespace ringroad::ip4 {

struct Cut {
  std::uint16_t mtu = 0;
  // The port takes a frame in several buffers: a piece is a header of its own in front of the
  // packet's payload where that lies. Else the payload is copied, a piece one buffer.
  bool gather = false;
};

// The fragments in order, room for the Ethernet header before each; empty where the pool is. The
// packet may be a fragment itself, and lie in several buffers.
[[nodiscard]] std::vector<OwnedPacket> fragment(rte_mempool& pool, Packet& packet, Cut cut);

// A packet that fits as it is, for a port that takes frames in one buffer only; null where the pool
// is empty.
[[nodiscard]] OwnedPacket in_one_buffer(rte_mempool& pool, OwnedPacket packet);

}  // namespace ringroad::ip4
