// SPDX-License-Identifier: BSD-3-Clause
#include "http/drop_class.hpp"

namespace ringroad::http {

// Without a default: the compiler asks for a class of every new reason.
std::string_view class_of(stats::DropReason reason) {
  switch (reason) {
    using enum stats::DropReason;
    case kFrameTruncated:
    case kIpTruncated:
    case kIpBadVersion:
    case kIpBadChecksum:
    case kIpBadLength:
    case kIpBadOptions:
    case kMartianSource:
    case kMartianDestination:
    case kTcpBad:
    case kUdpBad:
    case kIcmpBad:
    case kArpInvalid:
    case kIp6BadHeader:
    case kNdInvalid:
      return "malformed";
    case kOtherHost:
    case kUnknownEthertype:
    case kVlanUnknown:
    case kLlc:
    case kL2Broadcast:
    case kBroadcast:
    case kMulticast:
    case kUnknownProtocol:
    case kMulticastControl:
    case kPortClosed:
    case kIcmpIgnored:
    case kArpIgnored:
    case kNdIgnored:
      return "unwanted";
    case kSourceRoute:
    case kRoutingHeader:
    case kScope:
    case kReversePath:
    case kForwardingOff:
    case kBlackhole:
    case kUnreachable:
    case kProhibited:
    case kFirewall:
    case kHook:
      return "refused";
    case kNoRoute:
    case kTtlExceeded:
    case kFragmentationNeeded:
    case kPacketTooBig:
      return "unroutable";
    case kHostUnreachable:
    case kNeighborQueueFull:
      return "neighbor";
    case kReassemblyTimeout:
    case kReassemblyOverlap:
    case kReassemblyInvalid:
    case kReassemblyDuplicate:
    case kReassemblyTooFar:
      return "reassembly";
    case kNoHeadroom:
    case kNeighborMemory:
    case kNeighborTableFull:
    case kReassemblyMemory:
    case kPuntQueueFull:
    case kInjectQueueFull:
    case kBandFull:
    case kBandMemory:
    case kQueueManaged:
    case kNoBuffer:
    case kConnectionTableFull:
    case kTranslationFull:
      return "overload";
    case kPortDown:
      return "link";
  }
  return "unwanted";
}

}  // namespace ringroad::http
