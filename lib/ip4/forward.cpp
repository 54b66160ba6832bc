// SPDX-License-Identifier: BSD-3-Clause
#include "ip4/forward.hpp"

#include "ip4/decide.hpp"
#include "ip4/redirect_notes.hpp"

namespace ringroad::ip4 {
namespace {

constexpr Ipv4 kAllSystems{224, 0, 0, 1};

// Linux delivers these packets, so they pass INPUT, although nothing here wants them.
bool passes_input(const StageContext& context, const Burst& burst, std::size_t index) {
  using neigh::AdjacencyKind;
  const AdjacencyKind kind = burst.adjacencies[index]->kind;
  const bool is_for_all =
      kind == AdjacencyKind::kBroadcast ||
      (kind == AdjacencyKind::kMulticast && burst.destinations[index] == kAllSystems.value());
  return is_for_all && context.tables.hooks.at(HookPoint::kInput) != nullptr;
}

}  // namespace

void forward(StageContext& context, Burst& burst) {
  std::uint64_t go_on = 0;
  std::uint64_t hairpins = 0;
  for (std::uint16_t i = 0; i < burst.count; ++i) {
    const neigh::Adjacency& adjacency = *burst.adjacencies[i];
    Packet& packet = *burst.packets[i];
    const Verdict verdict = decide(facts_of(packet, burst.l2_classes[i]), adjacency);
    if (verdict.fate != Verdict::Fate::kForward) [[unlikely]] {
      if (passes_input(context, burst, i)) {
        context.deliver(burst, i, PuntReason::kBroadcast);
      } else {
        leave(context, burst, i, verdict);
      }
      continue;
    }
    burst.lower_ttl(i);
    go_on |= std::uint64_t{1} << i;
    // The control thread itself sends redirects for packets that wait or are fragmented.
    const bool at_once = !verdict.waits && !verdict.is_cut;
    hairpins |= std::uint64_t{at_once && adjacency.port == burst.ingress} << i;
  }
  if (hairpins != 0) [[unlikely]] {
    note_redirects(context, burst, hairpins);
  }
  burst.compact(go_on);
}

}  // namespace ringroad::ip4
