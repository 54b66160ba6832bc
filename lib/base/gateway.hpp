// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The gateway of a route. That of an IPv4 route may have an address of either family (RFC 8950);
// that of an IPv6 route has an IPv6 address, as in Linux.
#include <compare>
#include <string>
#include <type_traits>
#include <variant>

#include "base/ipv4.hpp"
#include "base/ipv6.hpp"

namespace ringroad {

// An address of either family. In an order, all IPv4 addresses come before all IPv6 addresses.
class EitherAddress {
 public:
  constexpr EitherAddress() = default;
  // NOLINTBEGIN(google-explicit-constructor): each address is one
  constexpr EitherAddress(Ipv4 address) : address_{address} {}
  constexpr EitherAddress(Ipv6 address) : address_{address} {}
  // NOLINTEND(google-explicit-constructor)

  // The address if it is of this family, else null.
  template <class Address>
  [[nodiscard]] constexpr const Address* as() const {
    return std::get_if<Address>(&address_);
  }
  [[nodiscard]] std::string to_string() const {
    return std::visit([](auto address) { return address.to_string(); }, address_);
  }
  friend constexpr auto operator<=>(const EitherAddress&, const EitherAddress&) = default;

 private:
  std::variant<Ipv4, Ipv6> address_;
};

template <class Address>
using GatewayOf = std::conditional_t<std::is_same_v<Address, Ipv4>, EitherAddress, Ipv6>;

// The gateway of a route of IPv6 if it has an address of this family, else null.
template <class Address>
[[nodiscard]] constexpr const Address* gateway_as(const Ipv6& gateway) {
  if constexpr (std::is_same_v<Address, Ipv6>) {
    return &gateway;
  } else {
    return nullptr;
  }
}
template <class Address>
[[nodiscard]] constexpr const Address* gateway_as(const EitherAddress& gateway) {
  return gateway.as<Address>();
}

// The IPv6 gateway of an IPv4 route, null if the gateway is of the route's own family.
[[nodiscard]] constexpr const Ipv6* as_foreign(const EitherAddress& gateway) {
  return gateway.as<Ipv6>();
}
[[nodiscard]] constexpr const Ipv6* as_foreign(const Ipv6& /*gateway*/) { return nullptr; }

}  // namespace ringroad
