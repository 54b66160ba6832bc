// SPDX-License-Identifier: BSD-3-Clause
#include "packet/redirect_notes.hpp"

namespace ringroad {

void punt_copy(StageContext& context, const Burst& burst, std::uint16_t index, std::uint32_t most) {
  Packet* const packet = burst.packets[index];
  Packet* const copy = rte_pktmbuf_copy(packet, packet->pool, 0, std::min(packet->pkt_len, most));
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

}  // namespace ringroad
