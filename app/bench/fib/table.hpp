// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The routes that every subject is loaded with, and the updates that all apply.
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

// Next hops are 1 to 64; 0 is the answer of every subject without a route.
inline constexpr NextHopId kNone{0};

enum class Spread : std::uint8_t {
  kHashed,  // over all next hops, different for neighbors: no compression is possible
  kSkewed,  // 80% over 4 next hops, by origin; the rest over 60: 4 uplinks, many peers
};

// All results are the same in every run.
template <class Address>
[[nodiscard]] Routes<Address> with_next_hops(std::span<const Prefix<Address>> prefixes,
                                             Spread spread);

// `count` of the prefixes, chosen at random, in their order.
template <class Address>
[[nodiscard]] std::vector<Prefix<Address>> subset(std::span<const Prefix<Address>> prefixes,
                                                  std::size_t count);

// DPDK's name for the nodes of 256 entries in tries of strides 24, 8, 8, ...
struct Tbl8s {
  std::size_t used;      // below a root of 2^24 entries
  std::size_t reserved;  // if each prefix needs its own, as rte_fib6 assumes
};
template <class Address>
[[nodiscard]] Tbl8s tbl8s(std::span<const Route<Address>> routes);

// Announcements, withdrawals (to kNone) and next-hop changes in equal numbers and random order; at
// the end every route is as at the beginning.
template <class Address>
[[nodiscard]] Routes<Address> updates(std::span<const Route<Address>> routes);

}  // namespace ringroad::bench
