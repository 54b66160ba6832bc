// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Identifications for the router's own packets: a counter for each of 2048 groups of paths,
// selected by a keyed hash, like Linux's ip_idents. A single counter would tell each host how many
// packets the others get (RFC 7739 5).
#include <array>
#include <cstdint>

#include "base/ipv4.hpp"
#include "ip4/fragment_info.hpp"

namespace ringroad::ip4 {

class Identifications {
 public:
  explicit Identifications(std::uint64_t seed) : hash_{seed} {
    for (std::uint16_t i = 0; i < kGroups; ++i) {
      next_.at(i) = static_cast<std::uint16_t>(hash_({Ipv4{i}, {}, i, 0}));
    }
  }
  [[nodiscard]] std::uint16_t next(Ipv4 source, Ipv4 destination, std::uint8_t protocol) {
    return next_.at(hash_({source, destination, 0, protocol}) % kGroups)++;
  }

 private:
  static constexpr std::size_t kGroups = 2048;

  DatagramHash hash_;
  std::array<std::uint16_t, kGroups> next_{};
};

}  // namespace ringroad::ip4
