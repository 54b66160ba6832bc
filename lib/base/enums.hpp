// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Enumerations that several folders use: the configuration sets them, and the packet path acts on
// them.
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ringroad {

// The types of rtnetlink(7), and kMartian.
enum class RouteType : std::uint8_t {
  kUnicast,
  kLocal,      // an address of the router's own
  kBroadcast,  // of a connected subnet, or 255.255.255.255
  kMulticast,
  kLinkLocal,  // fe80::/10, which means another network on each link (RFC 4007)
  kMartian,    // never a valid destination (RFC 1812 5.3.7)
  kBlackhole,
  kUnreachable,
  kProhibit,
};
[[nodiscard]] constexpr std::string_view to_string(RouteType type) {
  constexpr std::array<std::string_view, 9> kNames{"unicast",   "local",       "broadcast",
                                                   "multicast", "link-local",  "martian",
                                                   "blackhole", "unreachable", "prohibit"};
  return kNames.at(static_cast<std::size_t>(type));
}

// The types that an operator may give a route.
inline constexpr std::array kStaticRouteTypes{RouteType::kUnicast, RouteType::kBlackhole,
                                              RouteType::kUnreachable, RouteType::kProhibit};
[[nodiscard]] constexpr std::optional<RouteType> parse_static_route_type(std::string_view text) {
  for (const RouteType type : kStaticRouteTypes) {
    if (to_string(type) == text) {
      return type;
    }
  }
  return std::nullopt;
}

// What a worker does while its queues stay empty.
enum class IdleMode : std::uint8_t {
  kPoll,       // it never rests
  kPause,      // it pauses, then sleeps up to 50 us
  kInterrupt,  // it pauses, then sleeps until a device interrupts it; 150 us where none can
};

// How the length of a band's queue is managed: only by its limit, by CoDel (RFC 8289) or by
// FQ-CoDel (RFC 8290).
enum class Aqm : std::uint8_t { kNone, kCodel, kFqCodel };

// Which packets form one flow: Linux's fib_multipath_hash_policy, 0 and 1.
enum class FlowHashPolicy : std::uint8_t {
  kL3,  // packets with the same addresses
  kL4,  // packets with the same addresses, protocol and ports; for fragments only the addresses
        // count, so that all fragments of a datagram take the same path
};

}  // namespace ringroad
