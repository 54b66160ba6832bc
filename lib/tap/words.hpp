// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What people read about the ways of packets.
#include <string_view>

#include "packet/packet.hpp"

namespace ringroad::tap {

// Why a worker handed a packet to the control thread: "its neighbor's MAC address is not known".
[[nodiscard]] constexpr std::string_view why(PuntReason reason) {
  switch (reason) {
    case PuntReason::kArp:
      return "ARP";
    case PuntReason::kNeighborDiscovery:
      return "neighbor discovery";
    case PuntReason::kLocal:
      return "for the router itself";
    case PuntReason::kBroadcast:
      return "for all nodes";
    case PuntReason::kUnresolved:
      return "its neighbor's MAC address is not known";
    case PuntReason::kFragment:
      return "longer than the MTU, to be fragmented";
    case PuntReason::kOptions:
      return "its header has options";
    case PuntReason::kRedirect:
      return "a copy, because its sender may deserve a redirect";
    case PuntReason::kTtlExceeded:
      return "the time to live ran out";
    case PuntReason::kFragmentationNeeded:
      return "longer than the MTU, and DF is set";
    case PuntReason::kPacketTooBig:
      return "longer than the MTU";
    case PuntReason::kBeyondScope:
      return "from a link-local address, to another link";
    case PuntReason::kNoRoute:
      return "no route to its destination";
    case PuntReason::kUnreachable:
      return "an unreachable route";
    case PuntReason::kProhibited:
      return "a prohibit route";
    case PuntReason::kRejected:
      return "a rule of the firewall rejects it";
  }
  return "";
}

}  // namespace ringroad::tap
