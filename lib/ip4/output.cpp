// SPDX-License-Identifier: BSD-3-Clause
#include "ip4/output.hpp"

#include <immintrin.h>

#include <algorithm>
#include <cstring>

#include "ip4/redirect_notes.hpp"
#include "packet/tos.hpp"
#include "packet/vlan.hpp"

namespace ringroad::ip4 {
namespace {

// Returns the burst's adjacencies: only the first if all packets take the same path.
std::span<const neigh::Adjacency* const> ways_of(const Burst& burst) {
  return std::span{burst.adjacencies}.first(burst.one_way ? 1 : burst.count);
}

void write_header(const Burst& burst, std::size_t index, std::uint8_t* octets) {
  // The two octets after the Ethernet header keep their values.
  const auto* const header = reinterpret_cast<const __m128i*>(&burst.adjacencies[index]->header);
  auto* const start = reinterpret_cast<__m128i*>(octets);
  _mm_storeu_si128(start, _mm_blend_epi16(_mm_loadu_si128(header), _mm_loadu_si128(start), 0x80));
}

// Stages all packets for their egress ports, with the priorities of their TOS.
void stage_all(StageContext& context, const Burst& burst) {
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

// Returns false if the packet was dropped because its buffer has no room for the tags.
bool tag(StageContext& context, Packet& packet, const neigh::Adjacency& adjacency,
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

void mark_used(const StageContext& context, const neigh::Adjacency& adjacency) {
  const auto index = static_cast<std::size_t>(&adjacency - context.tables.adjacencies.data());
  // The control thread has no such bytes, because the packets that it sends pass through the
  // neighbor table.
  if (index < context.used.size()) {
    context.used[index].store(1, std::memory_order_relaxed);
  }
}

// Punts a packet that is to be fragmented or whose neighbor is not resolved, or holds it where the
// neighbor's MAC is known already and about to be published.
void set_aside(StageContext& context, const Burst& burst, std::uint16_t index, bool is_long) {
  const neigh::Adjacency& adjacency = *burst.adjacencies[index];
  if (is_long) {
    context.punt(burst, index, PuntReason::kFragment);
  } else if (adjacency.hold.load(std::memory_order_relaxed)) {
    context.hold(burst, index, adjacency.port);
  } else {
    context.punt(burst, index, PuntReason::kUnresolved);
  }
}

}  // namespace

void output(StageContext& context, Burst& burst) {
  for (std::uint16_t i = 0; i < burst.count; ++i) {
    Packet* const packet = burst.packets[i];
    const neigh::Adjacency& adjacency = *burst.adjacencies[i];
    const bool is_long = exceeds(*packet, adjacency.mtu.load(std::memory_order_relaxed));
    if (is_long || adjacency.kind != neigh::AdjacencyKind::kUnicast) [[unlikely]] {
      set_aside(context, burst, i, is_long);
      continue;
    }
    if (adjacency.report_use.load(std::memory_order_relaxed)) [[unlikely]] {
      mark_used(context, adjacency);
    }
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

bool goes_straight(const Burst& burst) {
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

void lower_ttls(const Burst& burst) {
  for (std::size_t i = 0; i < burst.count; ++i) {
    burst.lower_ttl(i);
  }
}

void send_straight(StageContext& context, Burst& burst) {
  const std::size_t count = burst.count;
#pragma GCC unroll 4
  for (std::size_t i = 0; i < count; ++i) {
    std::uint8_t* const octets = burst.frames[i];
    write_header(burst, i, octets);
    burst.lower_ttl(i, octets);
  }
  stage_all(context, burst);
}

void send_lowered(StageContext& context, Burst& burst) {
  const std::size_t count = burst.count;
  for (std::size_t i = 0; i < count; ++i) {
    write_header(burst, i, burst.frames[i]);
  }
  stage_all(context, burst);
}

void note_hairpins(StageContext& context, const Burst& burst) {
  const auto comes_back = [&](const auto* way) { return way->port == burst.ingress; };
  if (std::ranges::any_of(ways_of(burst), comes_back)) [[unlikely]] {
    note_redirects(context, burst, burst.all());
  }
}

}  // namespace ringroad::ip4
