// SPDX-License-Identifier: BSD-3-Clause
#include "ip6/route.hpp"

#include "packet/resolve.hpp"

namespace ringroad::ip6 {

void route(const StageContext& context, Burst& burst) {
  const Tables& tables = context.tables;
  tables.trie6.lookup(std::span<const Ipv6>{burst.destinations6}.first(burst.count),
                      std::span{burst.next_hops}.first(burst.count));
  resolve_next_hops(tables, burst,
                    [&](std::size_t i) { return tables.flow_hash.of_ipv6(*burst.packets[i]); });
}

}  // namespace ringroad::ip6
