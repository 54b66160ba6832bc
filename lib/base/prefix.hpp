// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A prefix: the addresses of one family that share their first `length` bits.
//
// An Address type (Ipv4, Ipv6) has kBits, kHasBroadcast, operator<=>, parse(), to_string(),
// masked(length) and filled(length), which return the address with the bits after the first
// `length` cleared or set.
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace ringroad {

template <class Address>
class Prefix {
 public:
  constexpr Prefix() = default;
  // The host bits are cleared.
  constexpr Prefix(Address address, std::uint8_t length)
      : address_{address.masked(length)}, length_{length} {}

  // Accepts "10.0.0.0/8", "10.0.0.1" (all bits) and "default". Returns nullopt if host bits are
  // set.
  [[nodiscard]] static std::optional<Prefix> parse(std::string_view text);

  [[nodiscard]] constexpr Address address() const { return address_; }
  [[nodiscard]] constexpr std::uint8_t length() const { return length_; }
  [[nodiscard]] constexpr Address last() const { return address_.filled(length_); }
  [[nodiscard]] constexpr bool contains(Address address) const {
    return address.masked(length_) == address_;
  }
  [[nodiscard]] constexpr bool contains(Prefix other) const {
    return other.length_ >= length_ && contains(other.address_);
  }
  // Whether the first and the last address are broadcast addresses (RFC 1122 3.3.6); those of a /31
  // are hosts (RFC 3021).
  [[nodiscard]] constexpr bool has_broadcast() const {
    return Address::kHasBroadcast && length_ < Address::kBits - 1;
  }
  // Whether the address is the first or the last one, and no host can have it.
  [[nodiscard]] constexpr bool is_edge(Address address) const {
    return has_broadcast() && (address == address_ || address == last());
  }
  // The form that `ip route` prints: "default", a bare address for a host, otherwise "10.0.0.0/8".
  [[nodiscard]] std::string to_string() const;

  friend constexpr auto operator<=>(Prefix, Prefix) = default;

 private:
  Address address_{};
  std::uint8_t length_{};
};

// "ADDRESS/LENGTH", where host bits may be set.
template <class Address>
struct AddressAndLength {
  Address address;
  std::uint8_t length;

  [[nodiscard]] static std::optional<AddressAndLength> parse(std::string_view text);
};

// An address of the router's own with the length of its subnet: "192.168.1.1/24". With a peer, as
// `ip address` has it, the subnet is the peer's: "10.0.0.1 peer 10.0.0.2/32".
template <class Address>
struct InterfaceAddress {
  Address address{};
  std::uint8_t length{};
  std::optional<Address> peer{};

  [[nodiscard]] static std::optional<InterfaceAddress> parse(std::string_view text);
  [[nodiscard]] constexpr Prefix<Address> subnet() const {
    return {peer.value_or(address), length};
  }
  [[nodiscard]] constexpr bool has_broadcast() const { return subnet().has_broadcast(); }
  [[nodiscard]] std::string to_string() const;

  friend constexpr auto operator<=>(InterfaceAddress, InterfaceAddress) = default;
};

}  // namespace ringroad

template <class Address>
struct std::hash<ringroad::Prefix<Address>> {
  std::size_t operator()(ringroad::Prefix<Address> prefix) const noexcept {
    return (std::hash<Address>{}(prefix.address()) ^ prefix.length()) * 0x9e3779b97f4a7c15ULL;
  }
};
