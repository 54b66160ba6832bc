// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Routes of each family that no configuration changes: to martian, multicast and broadcast
// destinations.
#include <array>

#include "base/ipv4.hpp"
#include "base/ipv6.hpp"
#include "fib/route.hpp"

namespace ringroad::routing {

template <class Address>
struct FixedRoute {
  Prefix<Address> prefix;
  RouteType type;
};

template <class Address>
inline constexpr std::array<FixedRoute<Address>, 0> kFixedRoutes{};

// RFC 1812 5.3.7 and RFC 6890. 240.0.0.0/4 is martian, as in ip4::input.
template <>
inline constexpr std::array kFixedRoutes<Ipv4>{
    FixedRoute<Ipv4>{{Ipv4{0, 0, 0, 0}, 8}, RouteType::kMartian},
    FixedRoute<Ipv4>{{Ipv4{127, 0, 0, 0}, 8}, RouteType::kMartian},
    FixedRoute<Ipv4>{{Ipv4{240, 0, 0, 0}, 4}, RouteType::kMartian},
    FixedRoute<Ipv4>{{Ipv4{224, 0, 0, 0}, 4}, RouteType::kMulticast},
    FixedRoute<Ipv4>{{kLimitedBroadcast, Ipv4::kBits}, RouteType::kBroadcast}};

// RFC 4291 2.5.2, 2.5.3, 2.5.6 and 2.7.
template <>
inline constexpr std::array kFixedRoutes<Ipv6>{
    FixedRoute<Ipv6>{{Ipv6{0, 0}, Ipv6::kBits}, RouteType::kMartian},
    FixedRoute<Ipv6>{{Ipv6{0, 1}, Ipv6::kBits}, RouteType::kMartian},
    FixedRoute<Ipv6>{{Ipv6{0xfe80'0000'0000'0000, 0}, 10}, RouteType::kLinkLocal},
    FixedRoute<Ipv6>{{Ipv6{0xff00'0000'0000'0000, 0}, 8}, RouteType::kMulticast}};

}  // namespace ringroad::routing
