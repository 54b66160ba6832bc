// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Neighbor unreachability detection: the states and names of Linux's net/core/neighbour.c
// (RFC 4861 7.3.2 is where they come from).
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/units.hpp"

namespace ringroad::neigh {

enum class State : std::uint8_t {
  kIncomplete,  // a request was sent, packets wait
  kReachable,   // confirmed less than reachable_time ago
  kStale,       // MAC known, not confirmed recently, not in use
  kDelay,       // in use again: waits for a confirmation before it probes
  kProbe,       // sends unicast probes to the known MAC
  kFailed,      // no answer
  kPermanent,   // set by the operator
};
inline constexpr std::size_t kStates = 7;

// The name that `ip neigh` prints: "REACHABLE".
[[nodiscard]] std::string_view to_string(State state);
// Packets may be sent to the MAC that the entry holds (Linux's NUD_VALID without NOARP).
[[nodiscard]] constexpr bool has_mac(State state) {
  return state == State::kReachable || state == State::kStale || state == State::kDelay ||
         state == State::kProbe || state == State::kPermanent;
}

// Settings of one port: Linux's net.ipv4.neigh.<port>.*, with its defaults.
struct Parameters {
  Nanoseconds base_reachable = std::chrono::seconds{30};  // times a random factor of 0.5..1.5
  Nanoseconds retransmit = std::chrono::seconds{1};
  Nanoseconds delay_first_probe = std::chrono::seconds{5};
  Nanoseconds gc_stale = std::chrono::seconds{60};
  Nanoseconds locktime = std::chrono::seconds{1};
  std::uint32_t unicast_probes = 3;
  std::uint32_t multicast_probes = 3;

  friend bool operator==(const Parameters&, const Parameters&) = default;
};

// Settings of the whole table: Linux has these under net.ipv4.neigh.default only.
struct Limits {
  Nanoseconds gc_interval = std::chrono::seconds{30};
  std::array<std::uint32_t, 3> gc_thresh{128, 512, 1024};
};

}  // namespace ringroad::neigh
