// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Ethernet addresses.
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ringroad {

struct Mac {
  std::array<std::uint8_t, 6> octets{};

  // Accepts "02:00:00:00:00:09" in either case.
  [[nodiscard]] static std::optional<Mac> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;

  [[nodiscard]] constexpr bool is_zero() const { return *this == Mac{}; }
  // The group bit, IEEE 802-2014 8.2.2. Includes broadcast.
  [[nodiscard]] constexpr bool is_multicast() const { return (octets[0] & 1U) != 0; }
  // Whether a station may have this address.
  [[nodiscard]] constexpr bool is_station() const { return !is_multicast() && !is_zero(); }

  friend constexpr auto operator<=>(const Mac&, const Mac&) = default;
};

inline constexpr Mac kBroadcastMac{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}};

}  // namespace ringroad
