// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The routes that every subject is loaded with, and the updates they all go through.
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/ids.hpp"
#include "base/ipv4.hpp"
#include "base/ipv6.hpp"
#include "base/prefix.hpp"
#include "fib/trie.hpp"

namespace ringroad::bench {

template <class Address>
using Route = fib::RouteChange<Address>;
template <class Address>
using Routes = std::vector<Route<Address>>;

// Next hops are 1 to 64; 0 is what every subject answers where there is no route.
inline constexpr NextHopId kNone{0};

enum class Spread : std::uint8_t {
  kHashed,  // over all next hops, no two neighbors alike: there is nothing to compress
  kSkewed,  // 80% over 4 next hops, by origin; the rest over the other 60: 4 uplinks, many peers
};

// Everything here is the same in every run.
template <class Address>
[[nodiscard]] Routes<Address> with_next_hops(std::span<const Prefix<Address>> prefixes,
                                             Spread spread);

// `count` of them at random, in their order.
template <class Address>
[[nodiscard]] std::vector<Prefix<Address>> subset(std::span<const Prefix<Address>> prefixes,
                                                  std::size_t count);

// DPDK's name for the nodes of 256 entries in tries of strides 24, 8, 8, ...
struct Tbl8s {
  std::size_t used;      // below a root of 2^24 entries
  std::size_t reserved;  // where each prefix needs its own, as rte_fib6 reckons
};
template <class Address>
[[nodiscard]] Tbl8s tbl8s(std::span<const Route<Address>> routes);

// Announces, withdrawals (to kNone) and changes of next hop in equal parts, in random order; at the
// end every route is what it was at the beginning.
template <class Address>
[[nodiscard]] Routes<Address> updates(std::span<const Route<Address>> routes);

}  // namespace ringroad::bench
