// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Neighbor resolution by ARP. Control thread only.
#include <optional>

#include "host/addresses.hpp"
#include "host/resolution.hpp"
#include "neigh/arp_message.hpp"

namespace ringroad::host {

class Neighbors final : public Resolution<Ipv4> {
 public:
  Neighbors(const ResolutionSettings& settings, interface::World& world, routing::Routing4& routing,
            Addresses& addresses, Sender& sender, const Clock& clock, Unreachable unreachable);

  void hear(OwnedPacket frame) override;
  // What hear() does with a message. Changes nothing.
  struct ArpVerdict {
    std::optional<stats::DropReason> drop{};  // none: the message is of use
    std::optional<neigh::Table4::Advertisement> learns{};
    bool answers = false;
  };
  [[nodiscard]] ArpVerdict judge(const neigh::ArpMessage& message, const PacketMeta& meta) const;
  Nanoseconds tick() override;

  // ARP requests for the router's own addresses, by the destination of their frames.
  struct Probes {
    std::uint64_t broadcast = 0;
    std::uint64_t unicast = 0;
  };
  [[nodiscard]] const Probes& probes() const { return probes_; }

 private:
  void solicit(NeighborId id, bool broadcast) override;
  [[nodiscard]] std::optional<Ipv4> source_for(NeighborId id) const;

  Addresses& addresses_;
  Probes probes_;
};

}  // namespace ringroad::host
