// SPDX-License-Identifier: BSD-3-Clause
#include "ip4/route.hpp"

#include "packet/resolve.hpp"

namespace ringroad::ip4 {

void route(const StageContext& context, Burst& burst) {
  const Tables& tables = context.tables;
  tables.trie.lookup(std::span{burst.destinations}.first(burst.count),
                     std::span{burst.next_hops}.first(burst.count));
  resolve_next_hops(tables, burst,
                    [&](std::size_t i) { return tables.flow_hash(*burst.packets[i]); });
}

}  // namespace ringroad::ip4
