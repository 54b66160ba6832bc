// SPDX-License-Identifier: BSD-3-Clause
#include "host/redirect_copies.hpp"

#include "ip6/redirect_notes.hpp"

namespace ringroad::host {

void RedirectCopies::hear(Packet& packet) {
  if (meta(packet).punt != PuntReason::kRedirect) {
    return;
  }
  const Interface& ingress = tables_.interfaces[meta(packet).ingress.value()];
  begin_round(notes_, ingress.redirect_round.load(std::memory_order_relaxed));
  static_cast<void>(
      note(notes_, is_ipv6(packet) ? ip6::note_of(source6_of(packet)) : ipv4(packet).src_addr));
}

}  // namespace ringroad::host
