// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Checks after the route lookup that only some interfaces request: forwarding, and the reverse
// path, which Linux checks for IPv6 in netfilter only (rpfilter). An interface without such checks
// costs a branch a burst.
#include "packet/stage.hpp"

namespace ringroad::ip6 {

// Drops packets that may not be forwarded from that interface, then packets that fail the
// reverse-path check.
void check_ingress(StageContext& context, Burst& burst, std::uint8_t checks);

inline void ingress_checks(StageContext& context, Burst& burst) {
  const Interface& ingress = context.tables.interfaces[burst.ingress.value()];
  if (const std::uint8_t checks = ingress.checks.load(std::memory_order_relaxed); checks != 0)
      [[unlikely]] {
    check_ingress(context, burst, checks);
  }
}

}  // namespace ringroad::ip6
