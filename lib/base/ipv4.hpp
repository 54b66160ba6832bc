#pragma once
// IPv4 addresses and prefixes. Values are in host byte order; the wire form is be32.
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/byte_order.hpp"

namespace ringroad {

class Ipv4 {
 public:
  constexpr Ipv4() = default;
  constexpr explicit Ipv4(std::uint32_t host_order) : value_{host_order} {}
  constexpr explicit Ipv4(be32 wire) : value_{wire.host()} {}
  constexpr Ipv4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d)
      : value_{std::uint32_t{a} << 24 | std::uint32_t{b} << 16 | std::uint32_t{c} << 8 | d} {}

  // Dotted quad only: "10.0.0.1". No leading zeros, no shorthand (RFC 6943 3.1.1 says why).
  [[nodiscard]] static std::optional<Ipv4> parse(std::string_view text);

  [[nodiscard]] constexpr std::uint32_t value() const { return value_; }
  [[nodiscard]] constexpr be32 wire() const { return be32{value_}; }
  [[nodiscard]] std::string to_string() const;

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

[[nodiscard]] constexpr std::uint32_t prefix_mask(unsigned length) {
  return length == 0 ? 0U : ~std::uint32_t{0} << (32 - length);
}

// A set of addresses: the bits below `length` are zero.
class Prefix4 {
 public:
  constexpr Prefix4() = default;
  // Host bits are cleared.
  constexpr Prefix4(Ipv4 address, std::uint8_t length)
      : address_{Ipv4{address.value() & prefix_mask(length)}}, length_{length} {}

  // "10.0.0.0/8", "10.0.0.1" (a /32), "default". Host bits set are refused: nullopt.
  [[nodiscard]] static std::optional<Prefix4> parse(std::string_view text);

  [[nodiscard]] constexpr Ipv4 address() const { return address_; }
  [[nodiscard]] constexpr std::uint8_t length() const { return length_; }
  [[nodiscard]] constexpr Ipv4 last() const {
    return Ipv4{address_.value() | ~prefix_mask(length_)};
  }
  [[nodiscard]] constexpr bool contains(Ipv4 address) const {
    return (address.value() & prefix_mask(length_)) == address_.value();
  }
  [[nodiscard]] constexpr bool contains(Prefix4 other) const {
    return other.length_ >= length_ && contains(other.address_);
  }
  // As `ip route` prints it: "default", "10.0.0.1" for a /32, else "10.0.0.0/8".
  [[nodiscard]] std::string to_string() const;

  friend constexpr auto operator<=>(Prefix4, Prefix4) = default;

 private:
  Ipv4 address_{};
  std::uint8_t length_{};
};

// An address of the router's own with the length of its subnet: "192.168.1.1/24".
struct InterfaceAddress {
  Ipv4 address{};
  std::uint8_t length{};

  [[nodiscard]] static std::optional<InterfaceAddress> parse(std::string_view text);
  [[nodiscard]] constexpr Prefix4 subnet() const { return {address, length}; }
  [[nodiscard]] std::string to_string() const;

  friend constexpr auto operator<=>(InterfaceAddress, InterfaceAddress) = default;
};

}  // namespace ringroad

template <>
struct std::hash<ringroad::Ipv4> {
  std::size_t operator()(ringroad::Ipv4 address) const noexcept {
    return address.value() * 0x9e3779b97f4a7c15ULL >> 16;
  }
};

template <>
struct std::hash<ringroad::Prefix4> {
  std::size_t operator()(ringroad::Prefix4 prefix) const noexcept {
    return (std::uint64_t{prefix.address().value()} << 6 | prefix.length()) *
               0x9e3779b97f4a7c15ULL >>
           16;
  }
};
