// SPDX-License-Identifier: BSD-3-Clause
#include "filter/tracker.hpp"

#include <netinet/in.h>

#include <bit>

namespace ringroad::filter {

using namespace connection_status;
using Kind = FlowPacket::Kind;

namespace {

// A flow of UDP that still has packets after this time is a stream (Linux's stream_ts).
constexpr Milliseconds32 kStreamAfter = 2000;

// Of ICMP, only queries begin connections.
bool is_query(const Tuple& tuple) {
  const auto pair =
      icmp_pair(static_cast<std::uint8_t>(tuple.destination_port >> 8U), tuple.is_ipv6);
  return pair && pair->is_query;
}

}  // namespace

void Tracker::begin_burst(const Place& place, Nanoseconds now) {
  if (place.point == HookPoint::kPreRouting || place.point == HookPoint::kOutput) {
    connections_.begin(now);
  }
  if (place.point != HookPoint::kOutput) {
    return;
  }
  for (Packet* const packet : std::span{place.burst.packets}.first(place.burst.count)) {
    if (!Tracked::of(*packet).is_attached) {
      Tracked::clear(*packet);  // an answer in the buffers of its request
    }
  }
}

std::uint64_t Tracker::track(const Place& place, std::uint64_t m) {
  std::uint64_t dropped = 0;
  for (; m != 0; m &= m - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(m));
    if (Tracked::is_set(*place.burst.packets[i])) {
      continue;  // `notrack`, or attached
    }
    if (!track_one(place, i, flows_[i])) [[unlikely]] {
      dropped |= std::uint64_t{1} << i;
    }
  }
  return dropped;
}

bool Tracker::track_one(const Place& place, std::size_t index, const Flow& flow) {
  Packet& packet = *place.burst.packets[index];
  switch (flow.packet.kind) {
    case Kind::kInvalid:
      ++connections_.counters().invalid;
      return true;
    case Kind::kUntracked:
      Tracked::set(packet, {.as = TrackedAs::kUntracked});
      return true;
    case Kind::kError: {
      const Tracked tracked = track_error(packet, place.burst.is_ipv6, flow.packet.offset);
      if (tracked.has_connection) {
        Tracked::set(packet, tracked);
      } else {
        ++connections_.counters().invalid;
      }
      return true;
    }
    case Kind::kFlow:
      if (!accepts_sum(place.point, packet, flow.packet)) {
        ++connections_.counters().invalid;
        return true;
      }
      return track_flow(place.point, packet, flow);
  }
  return true;
}

bool Tracker::track_flow(HookPoint point, Packet& packet, const Flow& flow) {
  for (;;) {
    auto found = connections_.find(flow.packet.tuple, flow.hash);
    if (!found) {
      const Begun begun = begin(point, packet, flow.packet);
      if (begun.connection == nullptr) {
        connections_.counters().invalid += begun.is_full ? 0 : 1;
        return !begun.is_full;
      }
      found = {begun.connection, Direction::kOriginal};
    } else {
      ++connections_.counters().found;
    }
    auto& [connection, direction] = *found;
    const bool is_reply = direction == Direction::kReply;
    const Outcome outcome = advance(*connection, direction, packet, flow.packet);
    if (outcome == Outcome::kRestart) {
      connections_.remove(*connection);
      continue;
    }
    if (outcome == Outcome::kInvalid) {
      if (connection->has(kFresh) && connection->counts[0].packets == 0) {
        connections_.remove(*connection);
      }
      ++connections_.counters().invalid;
      return true;
    }
    const ConnectionId id = connections_.id(*connection);
    Tracked::set(packet, {.number = id.number,
                          .generation = id.generation,
                          .table = table_,
                          .as = is_reply || connection->has(kSeenReply) ? TrackedAs::kEstablished
                                                                        : TrackedAs::kNew,
                          .direction = direction,
                          .has_connection = true,
                          .is_counted = outcome != Outcome::kIgnored});
    if (is_reply) {
      connection->status |= kSeenReply;
    }
    if (outcome != Outcome::kIgnored) {
      count(*connection, direction, packet);
    }
    if (outcome == Outcome::kDestroy) {
      if (connection->has(kConfirmed)) {
        connections_.retire(*connection);  // this packet is still to be translated
      } else {
        connections_.remove(*connection);
      }
    }
    return true;
  }
}

Tracker::Begun Tracker::begin(HookPoint point, const Packet& packet, const FlowPacket& flow) {
  const auto reply = inverse(flow.tuple);
  if (!reply || (is_icmp(flow.tuple) && !is_query(flow.tuple))) {
    return {nullptr, false};
  }
  TcpTracking tcp{};
  if (flow.tuple.protocol == IPPROTO_TCP) {
    TcpHeader header;
    static_cast<void>(read_tcp(packet, flow.offset, header));  // read_flow() accepted it
    if (!filter::begin(tcp, header.segment(packet, flow.offset), settings_.tcp)) {
      return {nullptr, false};
    }
  } else if (flow.tuple.protocol == IPPROTO_UDP) {
    tcp.ends[0].end = connections_.now() + kStreamAfter;
  }
  Connection* const connection = connections_.create(flow.tuple, *reply);
  if (connection == nullptr) {
    return {nullptr, true};
  }
  connection->tcp = tcp;
  if (point == HookPoint::kOutput &&
      !connections_.claim_or_remove(*connection, Direction::kReply)) {
    return {nullptr, true};
  }
  return {connection, false};
}

Tracker::Outcome Tracker::advance(Connection& connection, Direction direction, const Packet& packet,
                                  const FlowPacket& flow) {
  switch (flow.tuple.protocol) {
    case IPPROTO_TCP:
      return advance_tcp(connection, direction, packet, flow);
    case IPPROTO_UDP:
    case IPPROTO_UDPLITE:
      advance_udp(connection);
      return Outcome::kAccept;
    default:
      connections_.set_timeout(connection, !is_icmp(flow.tuple) ? settings_.generic
                                           : flow.tuple.is_ipv6 ? settings_.icmpv6
                                                                : settings_.icmp);
      return Outcome::kAccept;
  }
}

Tracker::Outcome Tracker::advance_tcp(Connection& connection, Direction direction,
                                      const Packet& packet, const FlowPacket& flow) {
  TcpHeader header;
  static_cast<void>(read_tcp(packet, flow.offset, header));  // read_flow() accepted it
  const TcpVerdict verdict = filter::track(
      connection.tcp, direction, header.segment(packet, flow.offset), settings_.tcp,
      connection.has(kSeenReply), connection.has(kAssured), connections_.remaining(connection));
  if (verdict.timeout) {
    connections_.set_timeout(connection, *verdict.timeout);
  }
  if (verdict.assured) {
    assure(connection);
  }
  switch (verdict.what) {
    case TcpVerdict::What::kRestart:
      return Outcome::kRestart;
    case TcpVerdict::What::kInvalid:
      return Outcome::kInvalid;
    case TcpVerdict::What::kDestroy:
      return Outcome::kDestroy;
    case TcpVerdict::What::kAccept:
      break;
  }
  // Linux counts a packet where it sets the timeout (nf_ct_refresh_acct).
  return verdict.timeout ? Outcome::kAccept : Outcome::kIgnored;
}

// Linux's nf_conntrack_udp_packet.
void Tracker::advance_udp(Connection& connection) {
  if (!connection.has(kSeenReply)) {
    connections_.set_timeout(connection, settings_.udp);
    return;
  }
  const bool is_stream = this->is_stream(connection);
  connections_.set_timeout(connection, is_stream ? settings_.udp_stream : settings_.udp);
  if (is_stream && !connection.has(kAssured)) {
    assure(connection);
  }
}

void Tracker::assure(Connection& connection) {
  connection.status |= kAssured;
  connection.outcome = 0;  // rules may compare the status
}

// Linux's nf_conntrack_inet_error: the error belongs to the connection of the packet that it
// quotes, if it goes to the sender of that packet.
Tracked Tracker::track_error(const Packet& packet, bool is_ipv6, std::uint32_t offset) {
  const auto quoted = read_quoted(packet, is_ipv6, offset);
  const auto back = quoted ? inverse(quoted->tuple) : std::nullopt;
  const auto found = back ? connections_.find(*back) : std::nullopt;
  if (!found) {
    return {};
  }
  const auto* const header = rte_pktmbuf_mtod_offset(&packet, const std::uint8_t*, kL2Bytes);
  Ipv6 destination;
  if (is_ipv6) {
    destination = Ipv6::read(header + offsetof(rte_ipv6_hdr, dst_addr));
  } else {
    std::uint32_t address = 0;
    std::memcpy(&address, header + offsetof(rte_ipv4_hdr, dst_addr), sizeof address);
    destination = widened(Ipv4{__builtin_bswap32(address)});
  }
  if (destination != found->connection->tuple(found->direction).destination) {
    return {};
  }
  const ConnectionId id = connections_.id(*found->connection);
  return {.number = id.number,
          .generation = id.generation,
          .table = table_,
          .as = TrackedAs::kRelated,
          .direction = found->direction,
          .has_connection = true};
}

Connection* Tracker::connection_of(const Tracked& tracked) {
  return tracked.has_connection && tracked.table == table_ ? connections_.at(tracked.id())
                                                           : nullptr;
}

std::uint64_t Tracker::confirm(const Place& place, std::uint64_t m) {
  std::uint64_t dropped = 0;
  for (; m != 0; m &= m - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(m));
    const Packet& packet = *place.burst.packets[i];
    const Tracked tracked = Tracked::of(packet);
    if (tracked.as != TrackedAs::kNew || tracked.direction == Direction::kReply) {
      continue;
    }
    Connection* const connection = connection_of(tracked);
    if (connection == nullptr || connection->has(kConfirmed)) {
      continue;
    }
    const bool is_own = place.point != HookPoint::kInput ||
                        connections_.claim_or_remove(*connection, Direction::kOriginal);
    if (!is_own || !connections_.confirm(*connection)) {
      dropped |= std::uint64_t{1} << i;
    }
  }
  return dropped;
}

void Tracker::forget(const Burst& burst, std::uint64_t m) {
  for (; m != 0; m &= m - 1) {
    const Packet& packet = *burst.packets[static_cast<std::size_t>(std::countr_zero(m))];
    const Tracked tracked = Tracked::of(packet);
    Connection* const connection = connection_of(tracked);
    if (connection == nullptr || connection->has(kConfirmed) || !tracked.is_counted) {
      continue;
    }
    // Others of the burst may go on.
    Connection::Count& count = connection->counts[0];
    count.bytes -= packet.pkt_len - kL2Bytes;
    if (--count.packets == 0) {
      connections_.remove(*connection);
    }
  }
}

}  // namespace ringroad::filter
