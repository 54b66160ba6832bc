// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A change that the RIB reports to the trie.
#include "base/ids.hpp"
#include "base/prefix.hpp"

namespace ringroad::fib {

// The next hop of an address that no prefix covers.
inline constexpr NextHopId kNoRoute{0};

// The prefix has this next hop from now on; kNoRoute withdraws the prefix.
template <class Address>
struct RouteChange {
  Prefix<Address> prefix;
  NextHopId next_hop;
};

}  // namespace ringroad::fib
