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
  // Returns the source of a request for that neighbor: Linux's arp_announce 0. `newest`: the
  // newest packet that waits for it, or null.
  [[nodiscard]] std::optional<Ipv4> source_for(Key key, Packet* newest) const;
  Nanoseconds tick() override;

 private:
  void solicit(NeighborId id, bool broadcast) override;

  Addresses& addresses_;
};

}  // namespace ringroad::host
