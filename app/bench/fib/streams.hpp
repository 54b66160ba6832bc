// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The addresses that are looked up: the same for every subject, and in every run.
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

// Too many to be in a cache beside a table; read in order, so that they come by prefetch.
inline constexpr std::size_t kAddresses = std::size_t{1} << 20;

// The IPv6 address as DPDK's tables take it.
using WireIpv6 = std::array<std::uint8_t, 16>;
[[nodiscard]] WireIpv6 wire(Ipv6 address);

// A stream in the forms in which subjects take addresses: keys.
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

// The key itself, where `zero` is zero; but the processor must know `zero` before it can use the
// bits that every table is first asked for.
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

// Over the whole address space; of IPv6 over 2000::/3, all there is of it (RFC 4291 2.4).
template <class Address>
[[nodiscard]] Stream<Address> uniform();
// A prefix at random, then an address in it at random.
template <class Address>
[[nodiscard]] Stream<Address> routed(std::span<const Prefix<Address>> prefixes);
// As routed, the prefixes by Zipf's law with s = 1: the second is met half as often as the first.
template <class Address>
[[nodiscard]] Stream<Address> zipf(std::span<const Prefix<Address>> prefixes);
// One after the other from the middle of the table on; of IPv6 the first address of each /48.
template <class Address>
[[nodiscard]] Stream<Address> sequential(std::span<const Prefix<Address>> prefixes);
// At random out of 1,000,000 that are fixed: what a busy router's packets are addressed to.
template <class Address>
[[nodiscard]] Stream<Address> destinations(std::span<const Prefix<Address>> prefixes);

}  // namespace ringroad::bench
