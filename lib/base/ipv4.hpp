// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// IPv4 addresses and prefixes. Values are in host byte order; be32 is the wire format.
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/byte_order.hpp"
#include "base/prefix.hpp"

namespace ringroad {

[[nodiscard]] constexpr std::uint32_t prefix_mask(unsigned length) {
  return length == 0 ? 0U : ~std::uint32_t{0} << (32 - length);
}

class Ipv4 {
 public:
  static constexpr unsigned kBits = 32;
  static constexpr std::uint16_t kEtherType = 0x0800;  // RFC 894
  static constexpr bool kHasBroadcast = true;

  constexpr Ipv4() = default;
  constexpr explicit Ipv4(std::uint32_t host_order) : value_{host_order} {}
  constexpr explicit Ipv4(be32 wire) : value_{wire.host()} {}
  constexpr Ipv4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d)
      : value_{std::uint32_t{a} << 24 | std::uint32_t{b} << 16 | std::uint32_t{c} << 8 | d} {}

  // Accepts dotted quads only: "10.0.0.1". Leading zeros and short forms are refused (RFC 6943
  // 3.1.1 explains why).
  [[nodiscard]] static std::optional<Ipv4> parse(std::string_view text);

  [[nodiscard]] constexpr std::uint32_t value() const { return value_; }
  [[nodiscard]] constexpr be32 wire() const { return be32{value_}; }
  [[nodiscard]] std::string to_string() const;

  // The address with the bits after the first `length` cleared or set.
  [[nodiscard]] constexpr Ipv4 masked(unsigned length) const {
    return Ipv4{value_ & prefix_mask(length)};
  }
  [[nodiscard]] constexpr Ipv4 filled(unsigned length) const {
    return Ipv4{value_ | ~prefix_mask(length)};
  }
  // The address after this one; after the last comes the first.
  [[nodiscard]] constexpr Ipv4 next() const { return Ipv4{value_ + 1}; }

  // RFC 1112 4.
  [[nodiscard]] constexpr bool is_multicast() const { return value_ >> 28 == 0xe; }
  // RFC 1122 3.2.1.3 (g).
  [[nodiscard]] constexpr bool is_loopback() const { return value_ >> 24 == 127; }
  // "This network", RFC 1122 3.2.1.3 (a, b).
  [[nodiscard]] constexpr bool is_this_network() const { return value_ >> 24 == 0; }
  // 240.0.0.0/4, the limited broadcast address included (RFC 6890, RFC 919).
  [[nodiscard]] constexpr bool is_reserved() const { return value_ >> 28 == 0xf; }
  [[nodiscard]] constexpr bool is_unicast() const {
    return !is_multicast() && !is_loopback() && !is_this_network() && !is_reserved();
  }

  friend constexpr auto operator<=>(Ipv4, Ipv4) = default;

 private:
  std::uint32_t value_{};
};

inline constexpr Ipv4 kLimitedBroadcast{0xffffffffU};

using Prefix4 = Prefix<Ipv4>;
using InterfaceAddress4 = InterfaceAddress<Ipv4>;

// Whether a route may have this destination: not loopback, multicast, reserved or "this network"
// (RFC 1812 4.2.2.11, 5.3.7). Prefixes of 0.0.0.0 shorter than 8 bits are allowed.
[[nodiscard]] constexpr bool is_routable(Prefix4 prefix) {
  const Ipv4 first = prefix.address();
  return first.is_unicast() || (first.is_this_network() && prefix.length() < 8);
}

}  // namespace ringroad

template <>
struct std::hash<ringroad::Ipv4> {
  std::size_t operator()(ringroad::Ipv4 address) const noexcept {
    return address.value() * 0x9e3779b97f4a7c15ULL >> 16;
  }
};
