// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Who is meant on a link: addresses are unique on one port's link only (RFC 826).
#include <compare>

#include "base/ids.hpp"
#include "base/ipv4.hpp"

namespace ringroad::neigh {

struct Key {
  InterfaceId port{};
  Ipv4 address{};
  friend auto operator<=>(const Key&, const Key&) = default;
};

}  // namespace ringroad::neigh
