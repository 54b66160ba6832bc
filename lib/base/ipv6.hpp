// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// IPv6 addresses and prefixes, as two halves in host byte order.
#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/prefix.hpp"

namespace ringroad {

class Ipv6 {
 public:
  static constexpr unsigned kBits = 128;
  static constexpr std::uint16_t kEtherType = 0x86dd;  // RFC 2464 3
  static constexpr bool kHasBroadcast = false;         // RFC 4291 2

  constexpr Ipv6() = default;
  constexpr Ipv6(std::uint64_t high, std::uint64_t low) : high_{high}, low_{low} {}

  // From and to the 16 octets of a header, in wire order.
  [[nodiscard]] static Ipv6 read(const void* octets) {
    std::array<std::uint64_t, 2> halves;
    std::memcpy(halves.data(), octets, sizeof halves);
    return {__builtin_bswap64(halves[0]), __builtin_bswap64(halves[1])};
  }
  void write(void* octets) const {
    const std::array halves{__builtin_bswap64(high_), __builtin_bswap64(low_)};
    std::memcpy(octets, halves.data(), sizeof halves);
  }

  // The format of RFC 4291 2.2, without a zone.
  [[nodiscard]] static std::optional<Ipv6> parse(std::string_view text);

  [[nodiscard]] constexpr std::uint64_t high() const { return high_; }
  [[nodiscard]] constexpr std::uint64_t low() const { return low_; }
  // The format of RFC 5952.
  [[nodiscard]] std::string to_string() const;

  [[nodiscard]] constexpr Ipv6 masked(unsigned length) const {
    return {high_ & high_mask(length), low_ & low_mask(length)};
  }
  [[nodiscard]] constexpr Ipv6 filled(unsigned length) const {
    return {high_ | ~high_mask(length), low_ | ~low_mask(length)};
  }
  // The address after this one; after the last comes the first.
  [[nodiscard]] constexpr Ipv6 next() const { return {high_ + (low_ + 1 == 0 ? 1 : 0), low_ + 1}; }

  // RFC 4291 2.7.
  [[nodiscard]] constexpr bool is_multicast() const { return high_ >> 56 == 0xff; }
  // RFC 4291 2.5.3.
  [[nodiscard]] constexpr bool is_loopback() const { return high_ == 0 && low_ == 1; }
  // RFC 4291 2.5.2.
  [[nodiscard]] constexpr bool is_unspecified() const { return high_ == 0 && low_ == 0; }
  [[nodiscard]] constexpr bool is_unicast() const {
    return !is_multicast() && !is_loopback() && !is_unspecified();
  }
  // fe80::/10, RFC 4291 2.5.6.
  [[nodiscard]] constexpr bool is_link_local() const { return high_ >> 54 == 0xfe80U >> 6; }
  // ::ffff:0:0/96, RFC 4291 2.5.5.2.
  [[nodiscard]] constexpr bool is_v4_mapped() const { return high_ == 0 && low_ >> 32 == 0xffff; }
  // Of a multicast address: 1 for one interface, 2 for one link, 14 for everywhere (RFC 4291 2.7).
  [[nodiscard]] constexpr unsigned multicast_scope() const {
    return static_cast<unsigned>(high_ >> 48 & 0xf);
  }
  // ff02::1:ffXX:XXXX, the group in which solicitations for this address are sent (RFC 4291 2.7.1).
  [[nodiscard]] constexpr Ipv6 solicited_node() const {
    return {0xff02'0000'0000'0000, 0x0000'0001'ff00'0000 | (low_ & 0xffffff)};
  }

  friend constexpr auto operator<=>(Ipv6, Ipv6) = default;

 private:
  static constexpr std::uint64_t mask(unsigned length) {
    return length == 0 ? 0 : ~std::uint64_t{0} << (64 - length);
  }
  static constexpr std::uint64_t high_mask(unsigned length) {
    return mask(length < 64 ? length : 64);
  }
  static constexpr std::uint64_t low_mask(unsigned length) {
    return mask(length < 64 ? 0 : length - 64);
  }

  std::uint64_t high_{};
  std::uint64_t low_{};
};

// RFC 4291 2.7.1, RFC 3810 10.
inline constexpr Ipv6 kAllNodes{0xff02'0000'0000'0000, 1};
inline constexpr Ipv6 kAllRouters{0xff02'0000'0000'0000, 2};
inline constexpr Ipv6 kAllRoutersOfSite{0xff05'0000'0000'0000, 2};
inline constexpr Ipv6 kAllMldv2Routers{0xff02'0000'0000'0000, 0x16};
inline constexpr std::uint8_t kLinkLocalLength = 64;

using Prefix6 = Prefix<Ipv6>;
using InterfaceAddress6 = InterfaceAddress<Ipv6>;

// Whether the first address of the subnet is that of any of its routers, the link-local subnet's
// too (RFC 4291 2.6.1); two routers on a /127 do without (RFC 6164).
[[nodiscard]] constexpr bool has_anycast(const InterfaceAddress6& own) {
  return own.length < Ipv6::kBits - 1;
}

// Whether a route may have this destination: not multicast, and not only the loopback or the
// unspecified address (RFC 4291 2.5.2, 2.5.3, 2.7).
[[nodiscard]] constexpr bool is_routable(Prefix6 prefix) {
  const Ipv6 first = prefix.address();
  return first.is_unicast() || (!first.is_multicast() && prefix.length() < Ipv6::kBits);
}

}  // namespace ringroad

template <>
struct std::hash<ringroad::Ipv6> {
  std::size_t operator()(ringroad::Ipv6 address) const noexcept {
    const std::uint64_t mixed = (address.high() ^ address.low() >> 32) * 0x9e3779b97f4a7c15ULL;
    return (mixed ^ mixed >> 32 ^ address.low()) * 0xbf58476d1ce4e5b9ULL >> 8;
  }
};
