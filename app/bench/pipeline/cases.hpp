// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The cases of the pipeline benchmark: routes, and the destinations of the packets.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ipv4.hpp"
#include "base/ipv6.hpp"
#include "base/mac.hpp"
#include "base/prefix.hpp"
#include "config/model.hpp"

namespace ringroad::bench {

struct Case {
  std::string_view name;
  std::string_view what;
  std::size_t destinations;
  std::uint32_t subnets;  // number of routes to a /24; 0: the Internet table
  std::size_t odd = 0;    // one packet in this many differs from the others; 0: none
  // One packet in this many is IPv6, at random, with as many routes of its own; 0: none, 1: all.
  std::size_t ipv6 = 0;
};

[[nodiscard]] std::span<const Case> cases();

inline constexpr Ipv4 kSource{10, 98, 0, 9};
inline constexpr std::size_t kGateways = 8;

// The configuration of a router with two ports, static neighbors and the routes of the case;
// `table` is a file of prefixes. The ports' devices are rings with these names.
[[nodiscard]] config::Config configuration(const Case& test, const std::string& table,
                                           const std::string& in, const std::string& out);

// Random addresses, nearly all different, and the same in every run.
[[nodiscard]] std::vector<Ipv4> destinations(const Case& test, std::span<const Prefix4> prefixes);

// A UDP packet in a frame of 64 bytes, without its FCS.
inline constexpr std::size_t kFrameBytes = 60;
struct alignas(64) Frame {
  std::uint8_t bytes[64];
};
[[nodiscard]] Frame frame_to(Ipv4 destination, Mac port_mac);
[[nodiscard]] Frame frame_to(Ipv6 destination, Mac port_mac);
// The frames of the case, in their order.
[[nodiscard]] std::vector<Frame> frames(const Case& test, std::span<const Prefix4> prefixes,
                                        Mac port_mac);

}  // namespace ringroad::bench
