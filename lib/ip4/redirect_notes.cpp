// SPDX-License-Identifier: BSD-3-Clause
#include "ip4/redirect_notes.hpp"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstring>

namespace ringroad::ip4 {
namespace {

// An ICMP error quotes at most this much of a packet.
constexpr std::uint32_t kCopied = kL2Bytes + 576;

void punt_copy(StageContext& context, const Burst& burst, std::uint16_t index) {
  Packet* const packet = burst.packets[index];
  Packet* const copy =
      rte_pktmbuf_copy(packet, packet->pool, 0, std::min(packet->pkt_len, kCopied));
  if (copy == nullptr) {
    return;
  }
  Watch::clear_mark(*copy);
  context.generated.add(1);
  context.copied_bytes.add(copy->pkt_len);
  meta(*copy) = {.ingress = burst.ingress,
                 .egress = {},
                 .punt = PuntReason::kRedirect,
                 .l2_class = L2Class::kHost,
                 .priority = 0,
                 .worker = context.worker,
                 .options = {}};
  // The list has room: the original packet is forwarded, so it is not in the list.
  context.punts.packets[context.punts.count++] = copy;
}

}  // namespace

void note_redirects(StageContext& context, const Burst& burst, std::uint64_t which) {
  const Interface& ingress = context.tables.interfaces[burst.ingress.value()];
  const std::uint32_t round = ingress.redirect_round.load(std::memory_order_relaxed);
  if (round == 0) {
    return;
  }
  RedirectNotes& notes = context.redirects;
  begin_round(notes, round);
  std::uint32_t before = 0;  // no sender is 0.0.0.0
  for (; which != 0 && notes.copies < RedirectNotes::kCopiesMax; which &= which - 1) {
    const auto i = static_cast<std::uint16_t>(std::countr_zero(which));
    std::uint32_t sender = 0;
    std::memcpy(&sender, burst.frames[i] + kL2Bytes + offsetof(rte_ipv4_hdr, src_addr),
                sizeof sender);
    if (sender == before || burst.adjacencies[i]->port != burst.ingress) {
      continue;
    }
    before = sender;
    if (note(notes, sender)) {
      punt_copy(context, burst, i);
    }
  }
}

}  // namespace ringroad::ip4
