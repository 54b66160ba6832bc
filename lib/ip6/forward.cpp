// SPDX-License-Identifier: BSD-3-Clause
#include "ip6/forward.hpp"

#include "ip6/decide.hpp"
#include "ip6/output.hpp"
#include "ip6/redirect_notes.hpp"

namespace ringroad::ip6 {

void forward(StageContext& context, Burst& burst) {
  const LinkAddresses& links = *context.tables.link_addresses.load(std::memory_order_acquire);
  std::uint64_t go_on = 0;
  std::uint64_t hairpins = 0;
  for (std::uint16_t i = 0; i < burst.count; ++i) {
    const neigh::Adjacency& adjacency = *burst.adjacencies[i];
    const Verdict verdict =
        decide(facts_of(links, *burst.packets[i], burst.ingress, burst.l2_classes[i]), adjacency);
    if (verdict.fate != Verdict::Fate::kForward) [[unlikely]] {
      leave(context, burst, i, verdict);
      continue;
    }
    lower_hop_limit(burst.frames[i]);
    go_on |= std::uint64_t{1} << i;
    // The control thread itself sends redirects for packets that wait.
    hairpins |= std::uint64_t{!verdict.waits && adjacency.port == burst.ingress} << i;
  }
  if (hairpins != 0) [[unlikely]] {
    note_redirects(context, burst, hairpins);
  }
  burst.compact(go_on);
}

}  // namespace ringroad::ip6
