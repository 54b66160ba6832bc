// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Checks after the route lookup that only some interfaces request: Linux's rp_filter and
// forwarding. An interface without such checks costs a branch a burst.
#include "packet/stage.hpp"

namespace ringroad::ip4 {

// Drops packets that may not be forwarded from that interface, then packets that fail the
// reverse-path check (the order of Linux's ip_route_input_slow). The reverse-path check takes ~25
// cycles a packet, and a scan of the group's buckets where the route to the source is a group.
void check_ingress(StageContext& context, Burst& burst, std::uint8_t checks);

inline void ingress_checks(StageContext& context, Burst& burst) {
  const Interface& ingress = context.tables.interfaces[burst.ingress.value()];
  if (const std::uint8_t checks = ingress.checks.load(std::memory_order_relaxed); checks != 0)
      [[unlikely]] {
    check_ingress(context, burst, checks);
  }
}

}  // namespace ringroad::ip4
