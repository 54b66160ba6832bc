// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Fragments an IPv4 packet for an MTU: a packet in transit (RFC 791 3.2, RFC 1812 5.2.6) or the
// router's own. Control thread only.
#include <cstdint>
#include <vector>

#include "packet/packet.hpp"
#include "packet/pieces.hpp"

struct rte_mempool;

namespace ringroad::ip4 {

struct Cut {
  std::uint16_t mtu = 0;
  // The port sends frames that lie in several buffers: a piece is a new header followed by
  // references to the packet's payload. Otherwise the payload is copied, and a piece is one buffer.
  bool gather = false;
};

// Returns the fragments in order, with room for the Ethernet header; nothing if the pool is empty.
// The packet may be a fragment itself, and may lie in several buffers.
[[nodiscard]] std::vector<OwnedPacket> fragment(rte_mempool& pool, Packet& packet, Cut cut);

using ringroad::in_one_buffer;

}  // namespace ringroad::ip4
