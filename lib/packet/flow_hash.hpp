// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Which of a group's next hops a packet takes: packets of one flow have one hash.
#include <cstdint>
#include <span>

#include "base/enums.hpp"
#include "packet/flow_key.hpp"
#include "packet/packet.hpp"

namespace ringroad {

class FlowHash {
 public:
  using Policy = FlowHashPolicy;

  // Routers that choose one after the other need different seeds: with one and the same, the second
  // would find all that it gets on one of its ways (polarization).
  explicit FlowHash(Policy policy = Policy::kL3, std::uint64_t seed = 0);

  // The same in both directions, as in Linux. An ICMP error has the hash of the flow that it tells
  // of: it takes that flow's way, and comes to the same host of an anycast address (RFC 7690; Linux
  // does so for kL3). ~5 cycles in a burst, 14 alone; 7 and 23 for kL4.
  [[nodiscard]] std::uint32_t operator()(Packet& packet) const {
    return of({frame(packet) + kL2Bytes, static_cast<std::size_t>(packet.data_len) - kL2Bytes});
  }
  // The IPv4 packet as far as it lies in one piece: its header at least.
  [[nodiscard]] std::uint32_t of(std::span<const std::uint8_t> packet) const;
  // Of all that the key says, whatever the policy. The same in both directions.
  template <class Address>
  [[nodiscard]] std::uint32_t of(const FlowKey<Address>& key) const;

 private:
  [[nodiscard]] std::uint64_t end_of(Ipv4 address, be16 port) const;
  [[nodiscard]] std::uint64_t end_of(Ipv6 address, be16 port) const;

  Policy policy_;
  std::uint64_t first_key_;
  std::uint64_t second_key_;
};

extern template std::uint32_t FlowHash::of(const FlowKey4&) const;
extern template std::uint32_t FlowHash::of(const FlowKey6&) const;

}  // namespace ringroad
