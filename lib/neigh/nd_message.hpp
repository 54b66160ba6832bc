// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Neighbor discovery for IPv6 (RFC 4861): the wire format and its validation, without state.
// frame() writes what parse_nd() reads.
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/ipv6.hpp"
#include "base/mac.hpp"
#include "base/units.hpp"
#include "neigh/icmp6_frame.hpp"

namespace ringroad::neigh {

// RFC 3971 5.3.2, with the length of RFC 7527 4.1.
using Nonce = std::array<std::uint8_t, 6>;

// RFC 4861 4.3.
struct NeighborSolicitation {
  Ipv6 source{};  // :: asks whether another node has the target (RFC 4862 5.4.2)
  Ipv6 destination{};
  Ipv6 target{};
  std::optional<Mac> source_mac{};
  std::optional<Nonce> nonce{};

  // A node asks whether it may use the target itself.
  [[nodiscard]] bool is_probe() const { return source.is_unspecified(); }
  friend bool operator==(const NeighborSolicitation&, const NeighborSolicitation&) = default;
};

// RFC 4861 4.4.
struct NeighborAdvertisement {
  Ipv6 source{};
  Ipv6 destination{};
  Ipv6 target{};
  bool router = false;
  bool solicited = false;
  bool override_ = false;
  std::optional<Mac> target_mac{};

  friend bool operator==(const NeighborAdvertisement&, const NeighborAdvertisement&) = default;
};

// RFC 4861 4.1.
struct RouterSolicitation {
  Ipv6 source{};
  Ipv6 destination = kAllRouters;
  std::optional<Mac> source_mac{};

  friend bool operator==(const RouterSolicitation&, const RouterSolicitation&) = default;
};

enum class Preference : std::uint8_t { kLow, kMedium, kHigh };  // RFC 4191 2.1

// A lifetime of all ones.
inline constexpr Nanoseconds kInfiniteLifetime = std::chrono::seconds{0xffff'ffff};

// RFC 4861 4.6.2.
struct PrefixInformation {
  Prefix6 prefix{};
  Nanoseconds valid{};
  Nanoseconds preferred{};
  bool on_link = false;
  bool autonomous = false;

  friend bool operator==(const PrefixInformation&, const PrefixInformation&) = default;
};

// RFC 4191 2.3.
struct RouteInformation {
  Prefix6 prefix{};
  Nanoseconds lifetime{};
  Preference preference = Preference::kMedium;

  friend bool operator==(const RouteInformation&, const RouteInformation&) = default;
};

// RFC 4861 4.2.
struct RouterAdvertisement {
  Ipv6 source{};
  Ipv6 destination = kAllNodes;
  std::uint8_t hop_limit = 0;
  bool managed = false;
  bool other = false;
  Preference preference = Preference::kMedium;
  Nanoseconds lifetime{};    // as a default router, in seconds
  Nanoseconds reachable{};   // in milliseconds
  Nanoseconds retransmit{};  // in milliseconds
  std::optional<Mac> source_mac{};
  std::optional<std::uint32_t> mtu{};
  std::vector<PrefixInformation> prefixes{};
  std::vector<RouteInformation> routes{};
  // These are only written.
  std::vector<Ipv6> dns{};            // RFC 8106 5.1
  std::vector<std::string> search{};  // RFC 8106 5.2
  Nanoseconds dns_lifetime{};         // of both
  std::optional<Prefix6> pref64{};    // RFC 8781 4; 96, 64, 56, 48, 40 or 32 bits long
  Nanoseconds pref64_lifetime{};

  friend bool operator==(const RouterAdvertisement&, const RouterAdvertisement&) = default;
};

// RFC 4861 4.5.
struct Redirect {
  Ipv6 source{};
  Ipv6 destination{};  // the node that should send elsewhere
  Ipv6 target{};       // where to send; equal to `about` if that is a neighbor
  Ipv6 about{};        // the destination of the packets
  std::optional<Mac> target_mac{};

  friend bool operator==(const Redirect&, const Redirect&) = default;
};

using NdMessage = std::variant<RouterSolicitation, RouterAdvertisement, NeighborSolicitation,
                               NeighborAdvertisement, Redirect>;

// `packet` begins with the IPv6 header, and is not a fragment (RFC 6980 5). Returns nothing if it
// is no such message, or must not be accepted: RFC 4861 6.1.1, 6.1.2, 7.1.1, 7.1.2 and 8.1 as Linux
// applies them, or a link-layer address that is a group's. Of an option that may occur once the
// first counts; prefixes and routes with impossible values, or beyond the 64th, are skipped.
[[nodiscard]] std::optional<NdMessage> parse_nd(Octets packet);

// Ethernet frames, with hop limit 255. The router leaves out the options of an advertisement that
// do not fit in the least MTU.
using Frame = std::vector<std::uint8_t>;
[[nodiscard]] Frame frame(const NeighborSolicitation& message, Mac destination, Mac source);
[[nodiscard]] Frame frame(const NeighborAdvertisement& message, Mac destination, Mac source);
[[nodiscard]] Frame frame(const RouterSolicitation& message, Mac destination, Mac source);
[[nodiscard]] Frame frame(const RouterAdvertisement& message, Mac destination, Mac source);
// Contains as much of the packet, from the IPv6 header on, as fits in the least MTU.
[[nodiscard]] Frame frame(const Redirect& message, Octets packet, Mac destination, Mac source);

}  // namespace ringroad::neigh
