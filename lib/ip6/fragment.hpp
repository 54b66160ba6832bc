// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Fragments an IPv6 packet of the router's own for an MTU (RFC 8200 4.5). Packets in transit are
// never fragmented. Control thread only.
#include <cstdint>
#include <vector>

#include "packet/packet.hpp"

struct rte_mempool;

namespace ringroad::ip6 {

struct Cut {
  std::uint16_t mtu = 0;
  // The port sends frames that lie in several buffers: a piece is new headers followed by
  // references to the packet's payload. Otherwise the payload is copied, and a piece is one buffer.
  bool gather = false;
  // One that no datagram to the same destination had recently, and that nobody can predict (RFC
  // 7739).
  std::uint32_t identification = 0;
};

// Returns the fragments in order, with room for the Ethernet header; nothing if the pool is empty.
// Hop-by-hop options and the fixed header come first in each of them, and lie in the packet's first
// buffer.
[[nodiscard]] std::vector<OwnedPacket> fragment(rte_mempool& pool, Packet& packet, Cut cut);

}  // namespace ringroad::ip6
