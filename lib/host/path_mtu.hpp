// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The path MTUs that other routers reported (RFC 1191), for packets that the router itself sends:
// Linux's next-hop exceptions. Control thread only; no allocation beyond its bound.
#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "base/ipv4.hpp"
#include "base/ipv6.hpp"
#include "base/units.hpp"

namespace ringroad::host {

template <class Address>
class PathMtu {
 public:
  // No report lowers a path MTU below `least` (Linux's min_pmtu).
  explicit PathMtu(std::uint16_t least) : least_{least} {}

  // An ICMP error said that the MTU of the path to `destination` is `told`; it was `current`
  // before. A higher value is ignored, and one below `least` is raised to it.
  void learn(Address destination, std::uint16_t told, std::uint16_t current, Nanoseconds now);
  // Returns the lower one of the known path MTU and `link`.
  [[nodiscard]] std::uint16_t of(Address destination, std::uint16_t link, Nanoseconds now) const;
  [[nodiscard]] std::size_t size() const { return known_.size(); }

 private:
  struct Known {
    std::uint16_t mtu;
    Nanoseconds expires;
  };
  static constexpr Nanoseconds kLifetime = std::chrono::minutes{10};  // mtu_expires
  static constexpr std::size_t kMost = 4096;

  std::uint16_t least_;
  std::unordered_map<Address, Known> known_;
};

extern template class PathMtu<Ipv4>;
extern template class PathMtu<Ipv6>;

}  // namespace ringroad::host
