// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Neighbor resolution by neighbor discovery (RFC 4861, Linux ndisc.c). Control thread only.
#include <functional>
#include <optional>

#include "host/addresses6.hpp"
#include "host/resolution.hpp"
#include "neigh/nd_message.hpp"
#include "stats/ip_counters.hpp"

namespace ringroad::host {

class Neighbors6 final : public Resolution<Ipv6> {
 public:
  Neighbors6(const ResolutionSettings& settings, interface::World& world,
             routing::Routing6& routing, Addresses6& addresses, Sender& sender, const Clock& clock,
             Unreachable unreachable);

  void hear(OwnedPacket frame) override;
  Nanoseconds tick() override;

  // Called with the messages between hosts and routers, after their sender's MAC was learned.
  std::function<void(InterfaceId, const neigh::RouterSolicitation&)> on_router_solicitation;
  std::function<void(InterfaceId, const neigh::RouterAdvertisement&)> on_router_advertisement;

 private:
  using Drop = std::optional<stats::DropReason>;  // none: the message is of use

  void solicit(NeighborId id, bool broadcast) override;
  [[nodiscard]] std::optional<Ipv6> source_for(NeighborId id) const;
  Drop hear(const PacketMeta& meta, const neigh::NeighborSolicitation& message);
  Drop hear(const PacketMeta& meta, const neigh::NeighborAdvertisement& message);
  Drop hear(const PacketMeta& meta, const neigh::RouterSolicitation& message);
  Drop hear(const PacketMeta& meta, const neigh::RouterAdvertisement& message);
  static Drop hear(const PacketMeta& meta, const neigh::Redirect& message);
  void answer(const PacketMeta& meta, const neigh::NeighborSolicitation& message);
  // Learns what a message says of its sender, which may be a new neighbor.
  void learn_sender(const PacketMeta& meta, Ipv6 source, std::optional<Mac> mac);

  Addresses6& addresses_;
  stats::IpCounters& counters_;
};

}  // namespace ringroad::host
