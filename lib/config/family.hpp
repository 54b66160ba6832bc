// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The address family of what the file says. Private to lib/config.
#include <string_view>
#include <vector>

#include "base/ipv4.hpp"
#include "base/ipv6.hpp"
#include "config/model.hpp"
#include "config/tree.hpp"

namespace ringroad::config {

template <class Address>
inline constexpr std::string_view kFamilyName = "IPv4";
template <>
inline constexpr std::string_view kFamilyName<Ipv6> = "IPv6";

// An IPv6 address or prefix has a colon (RFC 4291 2.2); one of IPv4, or "default", has none.
[[nodiscard]] constexpr bool looks_like_ipv6(std::string_view text) { return text.contains(':'); }

// Whether an item of `routes` or `neighbors` is of IPv6: by its `to` or `address`. "default" is of
// the family of the first gateway. A file of routes may have both families. Reports nothing.
[[nodiscard]] bool is_ipv6(const Node& item);

[[nodiscard]] constexpr bool is_link_local(Ipv4 /*address*/) { return false; }
[[nodiscard]] constexpr bool is_link_local(Ipv6 address) { return address.is_link_local(); }

// What a Config has of this family.
template <class Address>
struct Lists {
  std::vector<RouteOf<Address>>& routes;
  std::vector<StaticNeighborOf<Address>>& neighbors;
};
template <class Address>
[[nodiscard]] Lists<Address> lists_of(Config& config) {
  if constexpr (Address::kBits == Ipv6::kBits) {
    return {config.routes6, config.neighbors6};
  } else {
    return {config.routes, config.neighbors};
  }
}

}  // namespace ringroad::config
