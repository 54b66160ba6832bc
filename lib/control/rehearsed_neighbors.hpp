// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The neighbor resolution of a rehearsal: says what Neighbors or Neighbors6 would do.
#include <functional>
#include <optional>
#include <type_traits>
#include <vector>

#include "host/neighbors.hpp"
#include "host/neighbors6.hpp"

namespace ringroad::control {

template <class Address>
class RehearsedNeighbors final : public host::NeighborOutput<Address> {
 public:
  using Real = std::conditional_t<std::is_same_v<Address, Ipv4>, host::Neighbors, host::Neighbors6>;
  using Key = neigh::Key<Address>;
  struct Waiting {
    Key key;
    OwnedPacket packet;
    // The source of the request that is sent because of this packet; none: no request is.
    std::optional<Address> asks_from{};
  };

  RehearsedNeighbors(const Real& real, host::Sender& sender, typename Real::Unreachable unreachable)
      : real_{real},
        table_{real.rehearse()},
        sender_{sender},
        unreachable_{std::move(unreachable)} {}

  void send(Key key, OwnedPacket packet) override;
  void hear(OwnedPacket frame) override;
  [[nodiscard]] std::optional<Mac> mac_of(Key key) const override { return real_.mac_of(key); }
  [[nodiscard]] std::vector<Waiting>& waiting() { return waiting_; }

 private:
  [[nodiscard]] std::optional<Address> asks_from(Key key, Packet& packet) const;

  const Real& real_;
  typename neigh::Table<Address>::Rehearsal table_;
  host::Sender& sender_;
  typename Real::Unreachable unreachable_;
  std::vector<Waiting> waiting_;
};

template <>
void RehearsedNeighbors<Ipv4>::hear(OwnedPacket frame);
template <>
void RehearsedNeighbors<Ipv6>::hear(OwnedPacket frame);
extern template class RehearsedNeighbors<Ipv4>;
extern template class RehearsedNeighbors<Ipv6>;

}  // namespace ringroad::control
