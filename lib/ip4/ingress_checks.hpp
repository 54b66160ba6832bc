// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What only some ports ask for, after the route lookup: Linux's rp_filter and forwarding. Where
// nothing is asked it costs a branch a burst.
#include "packet/stage.hpp"

namespace ringroad::ip4 {

// Drops what may not be forwarded from that port, then what comes from where that port leads not
// (Linux's order in ip_route_input_slow). ~25 cycles a packet with a reverse-path check; where the
// way to the source is a group, a scan of its buckets.
void check_ingress(StageContext& context, Burst& burst, std::uint8_t checks);

inline void ingress_checks(StageContext& context, Burst& burst) {
  const Interface& ingress = context.tables.interfaces[burst.ingress.value()];
  if (const std::uint8_t checks = ingress.checks.load(std::memory_order_relaxed); checks != 0)
      [[unlikely]] {
    check_ingress(context, burst, checks);
  }
}

}  // namespace ringroad::ip4
