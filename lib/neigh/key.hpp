// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The key of a neighbor: addresses are unique only on the link of one port (RFC 826).
#include <compare>

#include "base/ids.hpp"
#include "base/ipv4.hpp"
#include "base/ipv6.hpp"

namespace ringroad::neigh {

template <class Address>
struct Key {
  InterfaceId port{};
  Address address{};
  friend auto operator<=>(const Key&, const Key&) = default;
};
using Key4 = Key<Ipv4>;
using Key6 = Key<Ipv6>;

}  // namespace ringroad::neigh
