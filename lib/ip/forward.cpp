#include "ip/forward.hpp"

#include "ip/checksum.hpp"
#include "ip/redirect_notes.hpp"

namespace ringroad::ip {
namespace {

using neigh::Adjacency;
using neigh::AdjacencyKind;
using stats::DropReason;

void decrement_ttl(rte_ipv4_hdr& header) {
  --header.time_to_live;
  header.hdr_checksum = checksum_after_ttl_decrement(header.hdr_checksum);
}

// What does not end at the router may go on: true. Else the packet was dropped or punted.
bool may_go_on(StageContext& context, const Burst& burst, std::uint16_t index,
               const Adjacency& adjacency) {
  Packet* const packet = burst.packets[index];
  rte_ipv4_hdr& header = ipv4(*packet);
  // RFC 1812 5.3.4: what came to all stations is not sent on to one.
  if (burst.l2_classes[index] != L2Class::kHost) [[unlikely]] {
    context.drop(packet, DropReason::kL2Broadcast);
    return false;
  }
  if (header.time_to_live <= 1) [[unlikely]] {
    context.punt(burst, index, PuntReason::kTtlExceeded);
    return false;
  }
  if (packet->pkt_len > std::uint32_t{adjacency.mtu.load(std::memory_order_relaxed)} + kL2Bytes)
      [[unlikely]] {
    const bool dont_fragment =
        (header.fragment_offset & rte_cpu_to_be_16(RTE_IPV4_HDR_DF_FLAG)) != 0;
    if (!dont_fragment) {
      decrement_ttl(header);
    }
    context.punt(burst, index,
                 dont_fragment ? PuntReason::kFragmentationNeeded : PuntReason::kFragment);
    return false;
  }
  decrement_ttl(header);
  return true;
}

// Every kind but kUnicast.
void leave_main_line(StageContext& context, const Burst& burst, std::uint16_t index,
                     const Adjacency& adjacency) {
  Packet* const packet = burst.packets[index];
  switch (adjacency.kind) {
    case AdjacencyKind::kUnicast:
      break;
    case AdjacencyKind::kUnresolved:
    case AdjacencyKind::kGlean:
      if (may_go_on(context, burst, index, adjacency)) {
        context.punt(burst, index, PuntReason::kUnresolved);
      }
      break;
    case AdjacencyKind::kLocal:
      context.punt(burst, index, PuntReason::kLocal);
      break;
    case AdjacencyKind::kBroadcast:
      // The router runs no service that listens to broadcasts (icmp_echo_ignore_broadcasts 1), and
      // forwards none: RFC 1812 5.3.5, RFC 2644.
      context.drop(packet, DropReason::kBroadcast);
      break;
    case AdjacencyKind::kMulticast:
      context.drop(packet, DropReason::kMulticast);
      break;
    case AdjacencyKind::kMartian:
      context.drop(packet, DropReason::kMartianDestination);
      break;
    case AdjacencyKind::kBlackhole:
      context.drop(packet, DropReason::kBlackhole);
      break;
    case AdjacencyKind::kNoRoute:
      context.punt(burst, index, PuntReason::kNoRoute);
      break;
    case AdjacencyKind::kUnreachable:
      context.punt(burst, index, PuntReason::kUnreachable);
      break;
    case AdjacencyKind::kProhibit:
      context.punt(burst, index, PuntReason::kProhibited);
      break;
  }
}

void mark_used(const StageContext& context, const Adjacency& adjacency) {
  const auto index = static_cast<std::size_t>(&adjacency - context.tables.adjacencies.data());
  // The control thread has none: what it sends goes by the neighbour table anyway.
  if (index >= context.used.size()) {
    return;
  }
  context.used[index].store(1, std::memory_order_relaxed);
}

}  // namespace

void forward(StageContext& context, Burst& burst) {
  std::uint16_t kept = 0;
  bool hairpin = false;
  for (std::uint16_t i = 0; i < burst.count; ++i) {
    const Adjacency& adjacency = *burst.adjacencies[i];
    if (adjacency.kind != AdjacencyKind::kUnicast) [[unlikely]] {
      leave_main_line(context, burst, i, adjacency);
      continue;
    }
    if (!may_go_on(context, burst, i, adjacency)) [[unlikely]] {
      continue;
    }
    if (adjacency.report_use.load(std::memory_order_relaxed)) [[unlikely]] {
      mark_used(context, adjacency);
    }
    hairpin |= adjacency.port == burst.ingress;
    burst.packets[kept] = burst.packets[i];
    burst.adjacencies[kept] = &adjacency;
    burst.l2_classes[kept] = L2Class::kHost;
    ++kept;
  }
  burst.count = kept;
  if (hairpin) [[unlikely]] {
    for (std::uint16_t i = 0; i < burst.count; ++i) {
      burst.frames[i] = frame(*burst.packets[i]);
    }
    note_redirects(context, burst);
  }
}

}  // namespace ringroad::ip
