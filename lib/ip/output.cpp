#include "ip/output.hpp"

#include <immintrin.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "ip/redirect_notes.hpp"
#include "ip/tos.hpp"
#include "ip/vlan.hpp"

namespace ringroad::ip {
namespace {

// False: dropped.
bool tag(StageContext& context, Packet& packet, const neigh::Adjacency& adjacency,
         std::uint8_t priority) {
  InterfaceCounters& counters = context.interfaces[adjacency.port.value()];
  counters.tx_packets.add(1);
  counters.tx_bytes.add(packet.pkt_len);
  if (push_tags(packet, *adjacency.tags, priority)) {
    return true;
  }
  context.drop(&packet, stats::DropReason::kNoHeadroom);
  return false;
}

}  // namespace

void output(StageContext& context, Burst& burst) {
  for (std::uint16_t i = 0; i < burst.count; ++i) {
    Packet* const packet = burst.packets[i];
    const neigh::Adjacency& adjacency = *burst.adjacencies[i];
    std::memcpy(frame(*packet), adjacency.header.data(), neigh::kEthernetHeader);
    const std::uint8_t priority = burst.priority == kPriorityOfTos
                                      ? priority_of_tos(ipv4(*packet).type_of_service)
                                      : burst.priority;
    if (adjacency.tags != nullptr) [[unlikely]] {
      if (!tag(context, *packet, adjacency, priority)) {
        continue;
      }
    }
    context.egress.add(adjacency.egress, packet, priority);
  }
}

bool send_plain(StageContext& context, Burst& burst) {
  if (!burst.plain || burst.priority != kPriorityOfTos) {
    return false;
  }
  const auto goes_straight = [&](const neigh::Adjacency& adjacency) {
    return adjacency.kind == neigh::AdjacencyKind::kUnicast &&
           !adjacency.report_use.load(std::memory_order_relaxed) &&
           adjacency.mtu.load(std::memory_order_relaxed) >= burst.longest &&
           adjacency.tags == nullptr;
  };
  const std::span packets = std::span{burst.packets}.first(burst.count);
  const std::span ways = std::span{burst.adjacencies}.first(burst.one_way ? 1 : burst.count);
  if (!std::ranges::all_of(ways, [&](const auto* way) { return goes_straight(*way); })) {
    return false;
  }
#pragma GCC unroll 4
  for (std::size_t i = 0; i < packets.size(); ++i) {
    std::uint8_t* const octets = burst.frames[i];
    // The two octets behind the Ethernet header stay what they are.
    const auto* const header = reinterpret_cast<const __m128i*>(&burst.adjacencies[i]->header);
    auto* const start = reinterpret_cast<__m128i*>(octets);
    _mm_storeu_si128(start, _mm_blend_epi16(_mm_loadu_si128(header), _mm_loadu_si128(start), 0x80));
    std::memcpy(octets + kL2Bytes + offsetof(rte_ipv4_hdr, time_to_live), &burst.ttl_words[i],
                sizeof(std::uint32_t));
  }
  if (std::ranges::any_of(ways, [&](const auto* way) { return way->port == burst.ingress; }))
      [[unlikely]] {
    note_redirects(context, burst);
  }
  context.lap(stats::Stage::kForward);
  if (burst.one_way) {
    context.egress.add(burst.adjacencies[0]->egress, packets, burst.priorities.data(), burst.bytes);
    return true;
  }
  for (std::size_t i = 0; i < packets.size(); ++i) {
    context.egress.add(burst.adjacencies[i]->egress, packets[i], burst.priorities[i]);
  }
  return true;
}

}  // namespace ringroad::ip
