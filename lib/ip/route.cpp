#include "ip/route.hpp"

namespace ringroad::ip {

void route(const StageContext& context, Burst& burst) {
  const std::size_t count = burst.count;
  context.tables.trie.lookup(std::span{burst.destinations}.first(count),
                             std::span{burst.next_hops}.first(count));
  const neigh::Adjacency* const adjacencies = context.tables.adjacencies.data();
  for (std::size_t i = 0; i < count; ++i) {
    const AdjacencyId id = context.tables.next_hops.resolve(
        burst.next_hops[i], [&] { return context.tables.flow_hash(*burst.packets[i]); });
    burst.adjacencies[i] = adjacencies + id.value();
  }
}

}  // namespace ringroad::ip
