// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Which IPv6 addresses the router has by one port.
#include <algorithm>

#include "base/ipv6.hpp"
#include "interface/world.hpp"

namespace ringroad::host {

// Whether the port has the address, or it is the subnet-router anycast address of one that the port
// has (RFC 4291 2.6.1).
[[nodiscard]] inline bool is_of_port(const interface::InterfaceView& port, Ipv6 address) {
  return std::ranges::any_of(port.addresses6, [&](const InterfaceAddress6& own) {
    const bool anycast = port.forwarding && has_anycast(own) && own.subnet().address() == address;
    return port.uses(own) && (own.address == address || anycast);
  });
}

}  // namespace ringroad::host
