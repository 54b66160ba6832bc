// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The addresses that are looked up: the same for every subject and in every run.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

#include "base/ipv4.hpp"
#include "base/ipv6.hpp"
#include "base/prefix.hpp"

namespace ringroad::bench {

// Too many addresses to stay in a cache beside a table; they are read in order, so they are
// prefetched.
inline constexpr std::size_t kAddresses = std::size_t{1} << 20;

// An IPv6 address in the form of DPDK's tables.
using WireIpv6 = std::array<std::uint8_t, 16>;
[[nodiscard]] WireIpv6 wire(Ipv6 address);

// A stream of addresses, in the forms (keys) that the subjects use.
template <class Address>
class Stream;

template <>
class Stream<Ipv4> {
 public:
  explicit Stream(const std::vector<Ipv4>& addresses);
  template <class Key>
  [[nodiscard]] std::span<const Key> keys() const {
    return values_;
  }
  [[nodiscard]] Ipv4 address(std::size_t index) const { return Ipv4{values_[index]}; }

 private:
  std::vector<std::uint32_t> values_;  // host order
};

template <>
class Stream<Ipv6> {
 public:
  explicit Stream(const std::vector<Ipv6>& addresses);
  template <class Key>
  [[nodiscard]] std::span<const Key> keys() const {
    if constexpr (std::is_same_v<Key, Ipv6>) {
      return addresses_;
    } else {
      return wire_;
    }
  }
  [[nodiscard]] Ipv6 address(std::size_t index) const { return addresses_[index]; }

 private:
  std::vector<Ipv6> addresses_;
  std::vector<WireIpv6> wire_;
};

// Returns the key itself if `zero` is 0, but the processor must know `zero` before it can use the
// bits that every table needs first.
[[nodiscard]] inline std::uint32_t after(std::uint32_t key, std::uint32_t zero) {
  return key ^ zero;
}
[[nodiscard]] inline Ipv6 after(Ipv6 key, std::uint32_t zero) {
  return {key.high() ^ std::uint64_t{zero} << 32 ^ zero, key.low()};
}
[[nodiscard]] inline WireIpv6 after(WireIpv6 key, std::uint32_t zero) {
  std::uint64_t first = 0;
  std::memcpy(&first, key.data(), sizeof first);
  first ^= zero;
  std::memcpy(key.data(), &first, sizeof first);
  return key;
}

// Uniform over the whole address space; for IPv6 over 2000::/3, all global unicast addresses (RFC
// 4291 2.4).
template <class Address>
[[nodiscard]] Stream<Address> uniform();
// A random prefix, then a random address in it.
template <class Address>
[[nodiscard]] Stream<Address> routed(std::span<const Prefix<Address>> prefixes);
// The same, with prefixes by Zipf's law with s = 1: the second is half as frequent as the first.
template <class Address>
[[nodiscard]] Stream<Address> zipf(std::span<const Prefix<Address>> prefixes);
// Consecutive addresses from the middle of the table on; for IPv6 the first address of each /48.
template <class Address>
[[nodiscard]] Stream<Address> sequential(std::span<const Prefix<Address>> prefixes);
// Random choices from 1,000,000 fixed addresses, like the destinations of a busy router's packets.
template <class Address>
[[nodiscard]] Stream<Address> destinations(std::span<const Prefix<Address>> prefixes);

}  // namespace ringroad::bench
