// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The IPv6 addresses of the router that mean something else on each link: its link-local addresses,
// and the groups that it has joined. A route says only that a destination is one of these kinds.
//
// An object does not change once it is published: the control thread publishes a new one after a
// change.
#include <algorithm>
#include <utility>
#include <vector>

#include "base/ids.hpp"
#include "base/ipv6.hpp"

namespace ringroad {

class LinkAddresses {
 public:
  using Entry = std::pair<InterfaceId, Ipv6>;
  // Stands for every interface: the subnet-router anycast addresses (RFC 4291 2.6.1), from which
  // nothing is sent but errors.
  static constexpr InterfaceId kAnycast{0xffff};

  LinkAddresses() = default;
  explicit LinkAddresses(std::vector<Entry> entries) : entries_{std::move(entries)} {
    std::ranges::sort(entries_);
  }

  // ~20 cycles for ten interfaces.
  [[nodiscard]] bool contains(InterfaceId interface, Ipv6 address) const {
    return std::ranges::binary_search(entries_, Entry{interface, address});
  }

 private:
  std::vector<Entry> entries_;
};

}  // namespace ringroad
