// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What routers on the way said of the largest packet that fits (RFC 1191), for packets of the
// router itself: Linux's next-hop exceptions. Control thread only; no allocation beyond its bound.
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
  // No path is taken for less than `least`, whatever routers say of it (Linux's min_pmtu).
  explicit PathMtu(std::uint16_t least) : least_{least} {}

  // `told` of the way to `destination`, which took `current` until now.
  void learn(Address destination, std::uint16_t told, std::uint16_t current, Nanoseconds now);
  // The least of what is known and `link`.
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
