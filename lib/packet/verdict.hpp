// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What happens to a packet after the route lookup, as decide() of either family says.
#include <cstdint>

#include "packet/packet.hpp"
#include "packet/stage.hpp"
#include "stats/drop_reason.hpp"

namespace ringroad {

struct Verdict {
  enum class Fate : std::uint8_t {
    kForward,
    kDeliver,  // it is for the router
    kDrop,     // `reason` says why
    kRefuse,   // the same, and an ICMP error may inform the sender; `refusal` says which
  };
  Fate fate = Fate::kForward;
  // Valid for kForward:
  bool waits = false;   // the neighbor's MAC is not known
  bool is_cut = false;  // it exceeds the MTU of its path and is fragmented
  stats::DropReason reason{};
  PuntReason refusal{};
};

// Carries out a verdict that is not kForward.
inline void leave(StageContext& context, const Burst& burst, std::uint16_t index,
                  const Verdict& verdict) {
  switch (verdict.fate) {
    case Verdict::Fate::kForward:
      break;
    case Verdict::Fate::kDeliver:
      context.deliver(burst, index);
      break;
    case Verdict::Fate::kDrop:
      context.drop(burst.packets[index], verdict.reason, burst.ingress);
      break;
    case Verdict::Fate::kRefuse:
      context.punt(burst, index, verdict.refusal);
      break;
  }
}

}  // namespace ringroad
