// SPDX-License-Identifier: BSD-3-Clause
#include "ip6/ingress_checks.hpp"

#include "packet/ingress_checks.hpp"

namespace ringroad::ip6 {
namespace {

using neigh::Adjacency;
using neigh::AdjacencyKind;
using stats::DropReason;

bool ends_here(const Adjacency& adjacency) {
  return adjacency.kind == AdjacencyKind::kLocal || adjacency.kind == AdjacencyKind::kLinkLocal ||
         adjacency.kind == AdjacencyKind::kMulticast;
}

void drop_forwarded(StageContext& context, Burst& burst) {
  const LinkAddresses& links = *context.tables.link_addresses.load(std::memory_order_acquire);
  keep_those(context, burst, DropReason::kForwardingOff, [&](std::uint16_t i) {
    const AdjacencyKind kind = burst.adjacencies[i]->kind;
    if (kind == AdjacencyKind::kLinkLocal) {
      return links.contains(burst.ingress, burst.destinations6[i]);
    }
    // A packet with a martian destination is dropped later, with that reason.
    return ends_here(*burst.adjacencies[i]) || kind == AdjacencyKind::kMartian;
  });
}

// A packet whose destination has no route is refused for that reason instead. Link-local sources
// are on the ingress link, and a host without an address sends from ::.
void reverse_path(StageContext& context, Burst& burst, bool strict) {
  std::array<Ipv6, kBurstMax> sources;
  std::array<NextHopId, kBurstMax> next_hops;
  const std::size_t count = burst.count;
  for (std::size_t i = 0; i < count; ++i) {
    sources[i] = source6_of(*burst.packets[i]);
  }
  context.tables.trie6.lookup(std::span<const Ipv6>{sources}.first(count),
                              std::span{next_hops}.first(count));
  keep_those(context, burst, DropReason::kReversePath, [&](std::uint16_t i) {
    const Adjacency& way = *burst.adjacencies[i];
    return (!way.leads_on() && !ends_here(way)) || sources[i].is_unspecified() ||
           sources[i].is_link_local() ||
           leads_back(context.tables, next_hops[i], burst.ingress, strict);
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

}  // namespace ringroad::ip6
