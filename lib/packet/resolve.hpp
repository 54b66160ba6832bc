// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// From the next hops of a burst to its adjacencies, for either family.
#include "packet/stage.hpp"

namespace ringroad {

// Fills burst.adjacencies from burst.next_hops. `hash_of(i)` is called where a next hop is a group.
template <class HashOf>
void resolve_next_hops(const Tables& tables, Burst& burst, HashOf&& hash_of) {
  const neigh::Adjacency* const adjacencies = tables.adjacencies.data();
  // All summaries are equal if the OR of all equals the AND of all.
  std::uint64_t some = 0;
  std::uint64_t all = ~std::uint64_t{0};
  tables.next_hops.resolve(std::span{burst.next_hops}.first(burst.count),
                           std::forward<HashOf>(hash_of), [&](std::size_t i, AdjacencyId id) {
                             const neigh::Adjacency* const adjacency = adjacencies + id.value();
                             const std::uint64_t summary = adjacency->summary();
                             burst.adjacencies[i] = adjacency;
                             some |= summary;
                             all &= summary;
                           });
  burst.one_way = some == all;
}

}  // namespace ringroad
