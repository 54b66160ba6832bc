#pragma once
// Cuts an IPv4 packet to an egress MTU in transit (RFC 791 3.2, RFC 1812 5.2.6). Control thread.
#include <cstdint>
#include <vector>

#include "ip/packet.hpp"

struct rte_mempool;

namespace ringroad::ip {

// The fragments in order, room for the Ethernet header before each; empty where the pool is. The
// payload is copied: the fragments are one segment each, which every PMD takes.
[[nodiscard]] std::vector<OwnedPacket> fragment(rte_mempool& pool, Packet& packet,
                                                std::uint16_t mtu);

}  // namespace ringroad::ip
