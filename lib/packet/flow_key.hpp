// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The fields that the packets of one flow share: addresses, protocol and ports, the 5-tuple.
#include <cstdint>

#include "base/byte_order.hpp"
#include "base/ipv4.hpp"
#include "base/ipv6.hpp"

namespace ringroad {

// Protocol and ports are zero if the policy ignores them or the packet has none.
template <class Address>
struct FlowKey {
  Address source{};
  Address destination{};
  std::uint8_t protocol = 0;
  be16 source_port{};
  be16 destination_port{};
  std::uint32_t flow_label = 0;  // of IPv6

  // The key of the packets in the opposite direction.
  [[nodiscard]] constexpr FlowKey reversed() const {
    return {destination, source, protocol, destination_port, source_port, flow_label};
  }

  friend constexpr bool operator==(const FlowKey&, const FlowKey&) = default;
};

using FlowKey4 = FlowKey<Ipv4>;
using FlowKey6 = FlowKey<Ipv6>;

}  // namespace ringroad
