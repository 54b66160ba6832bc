// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Which IPv6 addresses the router has by one port.
#include <algorithm>

#include "base/ipv6.hpp"
#include "interface/world.hpp"

namespace ringroad::interface {

// Whether it is the subnet-router anycast address of an address that the port has (RFC 4291 2.6.1).
[[nodiscard]] inline bool is_anycast_of(const InterfaceView& port, Ipv6 address) {
  return port.forwarding && std::ranges::any_of(port.addresses6, [&](const InterfaceAddress6& own) {
           return has_anycast(own) && own.subnet().address() == address && port.uses(own);
         });
}

// Whether the port has the address, be it an anycast address.
[[nodiscard]] inline bool is_of_port(const InterfaceView& port, Ipv6 address) {
  return is_anycast_of(port, address) ||
         std::ranges::any_of(port.addresses6, [&](const InterfaceAddress6& own) {
           return own.address == address && port.uses(own);
         });
}

}  // namespace ringroad::interface
