// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The end of both families' output: link headers, tags, and the egress ports' stages.
#include <immintrin.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "packet/stage.hpp"
#include "packet/vlan.hpp"

namespace ringroad {

// Returns the burst's adjacencies: only the first if all packets take the same path.
[[nodiscard]] inline std::span<const neigh::Adjacency* const> ways_of(const Burst& burst) {
  return std::span{burst.adjacencies}.first(burst.one_way ? 1 : burst.count);
}

// Writes the MAC addresses of the packet's adjacency. The packet keeps its EtherType, because the
// adjacency may be that of an IPv6 neighbor to which IPv4 packets are sent as well (RFC 8950).
// `octets`: the start of its frame.
inline void write_link_header(const Burst& burst, std::size_t index, std::uint8_t* octets) {
  // The octets after the MAC addresses keep their values.
  const auto* const header = reinterpret_cast<const __m128i*>(&burst.adjacencies[index]->header);
  auto* const start = reinterpret_cast<__m128i*>(octets);
  _mm_storeu_si128(start, _mm_blend_epi16(_mm_loadu_si128(header), _mm_loadu_si128(start), 0xc0));
}

// Stages all packets for their egress ports, with the priorities of the burst.
inline void stage_all(StageContext& context, const Burst& burst) {
  context.passed(stats::Stage::kForward, burst);
  const std::span packets = std::span{burst.packets}.first(burst.count);
  if (burst.one_way) {
    context.egress.add(burst.adjacencies[0]->egress, packets, burst.priorities.data(), burst.bytes);
    return;
  }
  for (std::size_t i = 0; i < packets.size(); ++i) {
    context.egress.add(burst.adjacencies[i]->egress, packets[i], burst.priorities[i]);
  }
}

// Whether every packet is plain, fits its MTU and goes to a resolved neighbor without a VLAN tag.
// The burst is not empty.
[[nodiscard]] inline bool goes_straight(const Burst& burst) {
  if (!burst.plain || burst.priority != kPriorityOfTos) {
    return false;
  }
  const auto is_straight = [&](const neigh::Adjacency& adjacency) {
    return adjacency.kind == neigh::AdjacencyKind::kUnicast &&
           !adjacency.report_use.load(std::memory_order_relaxed) &&
           adjacency.mtu.load(std::memory_order_relaxed) >= burst.longest &&
           adjacency.tags == nullptr;
  };
  return std::ranges::all_of(ways_of(burst), [&](const auto* way) { return is_straight(*way); });
}

// Whether one of the packets leaves by the interface on which the burst arrived.
[[nodiscard]] inline bool has_hairpin(const Burst& burst) {
  return std::ranges::any_of(ways_of(burst),
                             [&](const auto* way) { return way->port == burst.ingress; });
}

// The parts of output for a burst in which packets differ.

inline void mark_used(const StageContext& context, const neigh::Adjacency& adjacency) {
  const auto index = static_cast<std::size_t>(&adjacency - context.tables.adjacencies.data());
  // The control thread has no such bytes, because the packets that it sends pass through the
  // neighbor table.
  if (index < context.used.size()) {
    context.used[index].store(1, std::memory_order_relaxed);
  }
}

// Returns false if the packet was dropped because its buffer has no room for the tags.
inline bool tag(StageContext& context, Packet& packet, const neigh::Adjacency& adjacency,
                std::uint8_t priority) {
  InterfaceCounters& counters = context.interfaces[adjacency.port.value()];
  counters.tx_packets.add(1);
  counters.tx_bytes.add(packet.pkt_len);
  if (push_tags(packet, *adjacency.tags, priority)) {
    return true;
  }
  context.drop(&packet, stats::DropReason::kNoHeadroom, adjacency.port);
  return false;
}

// Writes each packet's L2 header and stages the packet. `too_long` is what happens to a packet that
// exceeds the MTU; a packet whose neighbor's MAC is not known is punted, or held where the MAC is
// about to be published.
template <class PriorityOf>
void output_each(StageContext& context, const Burst& burst, PuntReason too_long,
                 PriorityOf&& priority_of) {
  for (std::uint16_t i = 0; i < burst.count; ++i) {
    Packet* const packet = burst.packets[i];
    const neigh::Adjacency& adjacency = *burst.adjacencies[i];
    const bool is_long = exceeds(*packet, adjacency.mtu.load(std::memory_order_relaxed));
    if (is_long || adjacency.kind != neigh::AdjacencyKind::kUnicast) [[unlikely]] {
      if (is_long) {
        context.punt(burst, i, too_long);
      } else if (adjacency.hold.load(std::memory_order_relaxed)) {
        context.hold(burst, i, adjacency.port);
      } else {
        context.punt(burst, i, PuntReason::kUnresolved);
      }
      continue;
    }
    if (adjacency.report_use.load(std::memory_order_relaxed)) [[unlikely]] {
      mark_used(context, adjacency);
    }
    std::memcpy(frame(*packet), adjacency.header.data(), neigh::kMacs);
    const std::uint8_t priority =
        burst.priority == kPriorityOfTos ? priority_of(*packet) : burst.priority;
    if (adjacency.tags != nullptr) [[unlikely]] {
      if (!tag(context, *packet, adjacency, priority)) {
        continue;
      }
    }
    context.egress.add(adjacency.egress, packet, priority);
  }
}

}  // namespace ringroad
