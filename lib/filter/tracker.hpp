// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Tracks the packets of a burst: finds or begins their connections, and keeps the connections'
// states (Linux's nf_conntrack_in and nf_conntrack_confirm). One thread at a time.
#include <array>
#include <bit>
#include <cstdint>

#include "base/clock.hpp"
#include "filter/connections.hpp"
#include "filter/flow_packet.hpp"
#include "filter/outcomes.hpp"
#include "filter/plain_packet.hpp"
#include "filter/tracked.hpp"
#include "packet/burst.hpp"
#include "packet/hooks.hpp"

namespace ringroad::filter {

// Linux's sysctls nf_conntrack_*, with its defaults.
struct TrackingSettings {
  std::uint32_t connections_most = 262144;
  bool checks_sums = true;
  Nanoseconds udp = std::chrono::seconds{30};
  Nanoseconds udp_stream = std::chrono::seconds{120};
  Nanoseconds icmp = std::chrono::seconds{30};
  Nanoseconds icmpv6 = std::chrono::seconds{30};
  Nanoseconds generic = std::chrono::seconds{600};
  TcpSettings tcp{};
};

class Tracker {
 public:
  // `table`: the number by which packets remember whose connection they have.
  Tracker(const TrackingSettings& settings, std::uint8_t table, std::uint64_t seed)
      : settings_{settings}, table_{table}, connections_{settings.connections_most, seed} {}
  // The tracker of one worker of several.
  Tracker(const TrackingSettings& settings, std::uint8_t table, FlowOwners& owners)
      : Tracker{settings, table, owners.seed()} {
    connections_.share(owners, table);
  }

  struct Place {
    HookPoint point;
    const Burst& burst;
  };
  // Before anything else of a burst at a hook point.
  void begin_burst(const Place& place, Nanoseconds now);
  // At PREROUTING and OUTPUT. Reads the packets of `m`, which track() and track_known() need.
  template <class TransportOf>
  void read(const Place& place, std::uint64_t m, TransportOf&& transport_of);
  // Tracks packets of connections of which is known what the rules do with them, and adds them to
  // `passed`. Returns others, from which it can be learned.
  [[nodiscard]] std::uint64_t track_known(const Burst& burst, Passed& passed);
  struct Learnable {
    ConnectionId connection{};
    Direction direction{};
    bool is_tcp = false;
  };
  [[nodiscard]] Learnable learnable(std::size_t index) const { return learnable_[index]; }
  // Tracks the packets of `m`. Returns those that must be dropped, because the table is full.
  std::uint64_t track(const Place& place, std::uint64_t m);
  // At INPUT and POSTROUTING, as the last, for packets that will leave or be delivered. Returns
  // those that must be dropped.
  std::uint64_t confirm(const Place& place, std::uint64_t m);
  // Packets that are dropped: a connection that begins with one does not come into being.
  void forget(const Burst& burst, std::uint64_t m);

  // The packet's connection; null if it has none, or none of this table.
  [[nodiscard]] Connection* connection_of(const Tracked& tracked);
  [[nodiscard]] Connection* connection_of(const Packet& packet) {
    return connection_of(Tracked::of(packet));
  }
  [[nodiscard]] Connections& connections() { return connections_; }
  [[nodiscard]] Outcomes& outcomes() { return outcomes_; }
  [[nodiscard]] const TrackingSettings& settings() const { return settings_; }
  // For the packets that follow. The table stays as large as it is.
  void set_settings(const TrackingSettings& settings) { settings_ = settings; }
  [[nodiscard]] std::uint8_t table() const { return table_; }

 private:
  struct Flow {
    FlowPacket packet;
    std::uint64_t hash;
  };

  // Whether the packet changes nothing but counts and the timeout. Then they are changed.
  [[nodiscard]] bool advance_plainly(Connection& connection, Direction direction,
                                     const Packet& packet, const FlowPacket& flow,
                                     const std::uint8_t* frame);
  [[nodiscard]] bool is_stream(const Connection& connection) const {
    return static_cast<std::int32_t>(connections_.now() - connection.tcp.ends[0].end) > 0;
  }
  [[nodiscard]] bool checks_sums(HookPoint point) const {
    return settings_.checks_sums && point == HookPoint::kPreRouting;
  }
  // read() leaves the checksums of plain packets open, because rules before may drop them.
  [[nodiscard]] bool accepts_sum(HookPoint point, const Packet& packet,
                                 const FlowPacket& flow) const {
    return !flow.is_plain || !checks_sums(point) ||
           has_right_sum(packet, flow.tuple.is_ipv6, flow.offset, flow.tuple.protocol);
  }
  [[nodiscard]] bool track_one(const Place& place, std::size_t index, const Flow& flow);
  [[nodiscard]] bool track_flow(HookPoint point, Packet& packet, const Flow& flow);
  [[nodiscard]] Tracked track_error(const Packet& packet, bool is_ipv6, std::uint32_t offset);
  // Returns null if the packet cannot begin a connection, or the table is full.
  struct Begun {
    Connection* connection;
    bool is_full;
  };
  [[nodiscard]] Begun begin(HookPoint point, const Packet& packet, const FlowPacket& flow);
  enum class Outcome : std::uint8_t { kAccept, kIgnored, kInvalid, kRestart, kDestroy };
  [[nodiscard]] Outcome advance(Connection& connection, Direction direction, const Packet& packet,
                                const FlowPacket& flow);
  [[nodiscard]] Outcome advance_tcp(Connection& connection, Direction direction,
                                    const Packet& packet, const FlowPacket& flow);
  void advance_udp(Connection& connection);
  static void assure(Connection& connection);
  static void count(Connection& connection, Direction direction, const Packet& packet) {
    Connection::Count& count = connection.counts[index_of(direction)];
    ++count.packets;
    count.bytes += packet.pkt_len - kL2Bytes;
  }

  TrackingSettings settings_;
  std::uint8_t table_;
  Connections connections_;
  Outcomes outcomes_;
  std::array<Flow, kBurstMax> flows_;
  std::array<Learnable, kBurstMax> learnable_;
};

template <class TransportOf>
void Tracker::read(const Place& place, std::uint64_t m, TransportOf&& transport_of) {
  for (std::uint64_t left = m; left != 0; left &= left - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(left));
    Flow& flow = flows_[i];
    const Packet& packet = *place.burst.packets[i];
    if (!read_plain(packet, place.burst.frames[i], place.burst.is_ipv6, flow.packet)) {
      read_flow(packet, place.burst.is_ipv6, transport_of(i), checks_sums(place.point),
                flow.packet);
    }
    flow.hash = connections_.hash(flow.packet.tuple);
    connections_.prefetch(flow.hash);
  }
  for (; m != 0; m &= m - 1) {
    connections_.prefetch_connection(flows_[static_cast<std::size_t>(std::countr_zero(m))].hash);
  }
}

}  // namespace ringroad::filter
