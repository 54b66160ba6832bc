// SPDX-License-Identifier: BSD-3-Clause
// Tracking of packets for which no rule has to be evaluated.
#include <netinet/in.h>

#include "filter/tracker.hpp"

namespace ringroad::filter {

using namespace connection_status;

bool Tracker::advance_plainly(Connection& connection, Direction direction, const Packet& packet,
                              const FlowPacket& flow, const std::uint8_t* frame) {
  if (flow.tuple.protocol == IPPROTO_TCP) {
    const TcpSegment segment = segment_of(frame + flow.offset, packet.pkt_len - flow.offset);
    const auto timeout = track_ack(connection.tcp, direction, segment, settings_.tcp);
    if (!timeout) {
      return false;
    }
    connections_.set_timeout(connection, *timeout);
  } else {
    const bool is_stream = this->is_stream(connection);
    if (is_stream && !connection.has(kAssured)) [[unlikely]] {
      return false;
    }
    connections_.set_timeout(connection, is_stream ? settings_.udp_stream : settings_.udp);
  }
  count(connection, direction, packet);
  return true;
}

std::uint64_t Tracker::track_known(const Burst& burst, Passed& passed) {
  std::uint64_t learnable = 0;
  // By the connection's number: no packet passes those of its connection that came before it.
  std::uint64_t blocked = 0;
  for (std::size_t i = 0; i < burst.count; ++i) {
    Packet& packet = *burst.packets[i];
    const FlowPacket& flow = flows_[i].packet;
    const std::uint8_t protocol = flow.tuple.protocol;
    if (Tracked::is_set(packet) || flow.kind != FlowPacket::Kind::kFlow ||
        (protocol != IPPROTO_TCP && protocol != IPPROTO_UDP)) [[unlikely]] {
      continue;
    }
    const auto [connection, direction] = connections_.find_confirmed(flow.tuple, flows_[i].hash);
    if (connection == nullptr) [[unlikely]] {
      continue;
    }
    const ConnectionId id = connections_.id(*connection);
    const std::uint64_t bit = std::uint64_t{1} << id.number % 64;
    const Outcomes::Side* side = outcomes_.find(connection->outcome, direction);
    if (side != nullptr && side->passes && side->ingress != burst.ingress.value()) [[unlikely]] {
      connection->outcome = 0;  // it comes another way now
      side = nullptr;
    }
    if (side != nullptr && side->passes && flow.is_plain && (blocked & bit) == 0 &&
        accepts_sum(HookPoint::kPreRouting, packet, flow) &&
        advance_plainly(*connection, direction, packet, flow, burst.frames[i])) [[likely]] {
      Tracked::set(packet, {.number = id.number,
                            .generation = id.generation,
                            .outcome = connection->outcome,
                            .table = table_,
                            .as = TrackedAs::kEstablished,
                            .direction = direction,
                            .has_connection = true,
                            .is_counted = true});
      passed.add(i, *side);
      continue;
    }
    blocked |= bit;
    // Of TCP, the handshake must be over.
    const bool is_tcp = protocol == IPPROTO_TCP;
    if (side == nullptr && flow.is_plain && connection->has(is_tcp ? kAssured : kSeenReply)) {
      learnable_[i] = {id, direction, is_tcp};
      learnable |= std::uint64_t{1} << i;
    }
  }
  connections_.counters().found += static_cast<std::uint64_t>(std::popcount(passed.packets()));
  return learnable;
}

}  // namespace ringroad::filter
