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
  // What hear() does with a message. Changes nothing.
  struct Answer {
    neigh::Frame frame;
    std::optional<Ipv6> resolves{};  // the neighbor whose MAC address the frame still lacks
  };
  struct Verdict {
    std::optional<stats::DropReason> drop{};  // none: the message is of use
    std::optional<Table::Advertisement> learns{};
    std::optional<NeighborId> suspects{};
    std::optional<Answer> answer{};
  };
  [[nodiscard]] Verdict judge(const neigh::NdMessage& message, const PacketMeta& meta) const;
  // Sends the answer to a message with this PacketMeta. The neighbor may have to be resolved first.
  static void send_answer(const Answer& answer, const PacketMeta& meta, Sender& sender,
                          NeighborOutput<Ipv6>& output);
  // Returns the source of a request for that neighbor: Linux's ndisc_solicit. `newest`: the
  // newest packet that waits for it, or null.
  [[nodiscard]] std::optional<Ipv6> source_for(Key key, Packet* newest) const;
  Nanoseconds tick() override;

  // Called with the messages between hosts and routers, after their sender's MAC was learned.
  std::function<void(InterfaceId, const neigh::RouterSolicitation&)> on_router_solicitation;
  std::function<void(InterfaceId, const neigh::RouterAdvertisement&)> on_router_advertisement;

 private:
  void solicit(NeighborId id, bool broadcast) override;
  void use_asker(Key asker);
  [[nodiscard]] Verdict judge_one(const neigh::NeighborSolicitation& message,
                                  const PacketMeta& meta) const;
  [[nodiscard]] Verdict judge_one(const neigh::NeighborAdvertisement& message,
                                  const PacketMeta& meta) const;
  [[nodiscard]] Verdict judge_one(const neigh::RouterSolicitation& message,
                                  const PacketMeta& meta) const;
  [[nodiscard]] Verdict judge_one(const neigh::RouterAdvertisement& message,
                                  const PacketMeta& meta) const;
  [[nodiscard]] static Verdict judge_one(const neigh::Redirect& message, const PacketMeta& meta);
  [[nodiscard]] Answer answer_to(const neigh::NeighborSolicitation& message,
                                 const PacketMeta& meta) const;
  // What a message says of its sender, which may be a new neighbor.
  [[nodiscard]] std::optional<Table::Advertisement> sender_of(const PacketMeta& meta, Ipv6 source,
                                                              std::optional<Mac> mac) const;
  // Tells those who wait for such a message.
  void pass_on(const neigh::NdMessage& message, InterfaceId port) const;

  Addresses6& addresses_;
  stats::IpCounters& counters_;
};

}  // namespace ringroad::host
