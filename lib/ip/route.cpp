#include "ip/route.hpp"

#include <rte_hash_crc.h>

namespace ringroad::ip {
namespace {

// Linux's fib_multipath_hash_policy 0: the addresses alone, so that a flow's fragments stay
// together.
std::uint32_t flow_hash(Packet& packet) {
  const rte_ipv4_hdr& header = ipv4(packet);
  return rte_hash_crc_4byte(header.dst_addr, rte_hash_crc_4byte(header.src_addr, 0));
}

}  // namespace

void route(const StageContext& context, Burst& burst) {
  const std::size_t count = burst.count;
  context.tables.trie.lookup(std::span{burst.destinations}.first(count),
                             std::span{burst.next_hops}.first(count));
  const neigh::Adjacency* const adjacencies = context.tables.adjacencies.data();
  for (std::size_t i = 0; i < count; ++i) {
    const AdjacencyId id = context.tables.next_hops.resolve(
        burst.next_hops[i], [&] { return flow_hash(*burst.packets[i]); });
    burst.adjacencies[i] = adjacencies + id.value();
  }
}

}  // namespace ringroad::ip
