// SPDX-License-Identifier: BSD-3-Clause
#include "ip4/route.hpp"

namespace ringroad::ip4 {

void route(const StageContext& context, Burst& burst) {
  const Tables& tables = context.tables;
  const std::span next_hops = std::span{burst.next_hops}.first(burst.count);
  tables.trie.lookup(std::span{burst.destinations}.first(burst.count), next_hops);
  const neigh::Adjacency* const adjacencies = tables.adjacencies.data();
  // All summaries are equal if the OR of all equals the AND of all.
  std::uint64_t some = 0;
  std::uint64_t all = ~std::uint64_t{0};
  tables.next_hops.resolve(
      next_hops, [&](std::size_t i) { return tables.flow_hash(*burst.packets[i]); },
      [&](std::size_t i, AdjacencyId id) {
        const neigh::Adjacency* const adjacency = adjacencies + id.value();
        const std::uint64_t summary = adjacency->summary();
        burst.adjacencies[i] = adjacency;
        some |= summary;
        all &= summary;
      });
  burst.one_way = some == all;
}

}  // namespace ringroad::ip4
