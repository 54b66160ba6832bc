// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What routers on the way said of the largest packet that fits (RFC 1191), for packets of the
// router itself: Linux's next-hop exceptions. Control thread only; no allocation beyond its bound.
#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "base/ipv4.hpp"
#include "base/units.hpp"

namespace ringroad::ip4 {

class PathMtu {
 public:
  static constexpr std::uint16_t kLeast = 552;  // min_pmtu: no path is taken for less

  // `told` of the way to `destination`, which took `current` until now.
  void learn(Ipv4 destination, std::uint16_t told, std::uint16_t current, Nanoseconds now);
  // The least of what is known and `link`.
  [[nodiscard]] std::uint16_t of(Ipv4 destination, std::uint16_t link, Nanoseconds now) const;
  [[nodiscard]] std::size_t size() const { return known_.size(); }

 private:
  struct Known {
    std::uint16_t mtu;
    Nanoseconds expires;
  };
  static constexpr Nanoseconds kLifetime = std::chrono::minutes{10};  // mtu_expires
  static constexpr std::size_t kMost = 4096;

  std::unordered_map<Ipv4, Known> known_;
};

}  // namespace ringroad::ip4
