// SPDX-License-Identifier: BSD-3-Clause
#include "ip4/ingress_checks.hpp"

#include "packet/ingress_checks.hpp"

namespace ringroad::ip4 {
namespace {

using neigh::Adjacency;
using neigh::AdjacencyKind;
using stats::DropReason;

bool ends_here(const Adjacency& adjacency) {
  return adjacency.kind == AdjacencyKind::kLocal || adjacency.kind == AdjacencyKind::kBroadcast ||
         adjacency.kind == AdjacencyKind::kMulticast;
}

void drop_forwarded(StageContext& context, Burst& burst) {
  keep_those(context, burst, DropReason::kForwardingOff, [&](std::uint16_t i) {
    // A packet with a martian destination is dropped later, with that reason.
    return ends_here(*burst.adjacencies[i]) ||
           burst.adjacencies[i]->kind == AdjacencyKind::kMartian;
  });
}

// Linux's fib_validate_source. A packet whose destination has no route is refused for that reason
// instead.
void reverse_path(StageContext& context, Burst& burst, bool strict) {
  std::array<std::uint32_t, kBurstMax> sources;
  std::array<NextHopId, kBurstMax> next_hops;
  const std::size_t count = burst.count;
  for (std::size_t i = 0; i < count; ++i) {
    sources[i] = rte_be_to_cpu_32(ipv4(*burst.packets[i]).src_addr);
  }
  context.tables.trie.lookup(std::span{sources}.first(count), std::span{next_hops}.first(count));
  keep_those(context, burst, DropReason::kReversePath, [&](std::uint16_t i) {
    const Adjacency& way = *burst.adjacencies[i];
    // A host without an address sends from 0.0.0.0 (RFC 1122 3.2.1.3 (a)).
    if ((!way.leads_on() && !ends_here(way)) || sources[i] == 0) {
      return true;
    }
    return leads_back(context.tables, next_hops[i], burst.ingress, strict);
  });
}

}  // namespace

void check_ingress(StageContext& context, Burst& burst, std::uint8_t checks) {
  if (asks(checks, IngressCheck::kNoForwarding)) {
    drop_forwarded(context, burst);
  }
  const bool strict = asks(checks, IngressCheck::kStrictReversePath);
  if (strict || asks(checks, IngressCheck::kLooseReversePath)) {
    reverse_path(context, burst, strict);
  }
}

}  // namespace ringroad::ip4
