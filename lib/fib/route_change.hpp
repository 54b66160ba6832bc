// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What the RIB tells the trie.
#include "base/ids.hpp"
#include "base/prefix.hpp"

namespace ringroad::fib {

// What an address that no prefix covers gets.
inline constexpr NextHopId kNoRoute{0};

// From now on the prefix has this next hop; kNoRoute: it has none.
template <class Address>
struct RouteChange {
  Prefix<Address> prefix;
  NextHopId next_hop;
};

}  // namespace ringroad::fib
