// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The priority that follows from a packet's TOS byte: Linux's ip_tos2prio (net/ipv4/route.c) in its
// current form, without the old FILLER.
#include <array>
#include <cstdint>

namespace ringroad {

inline constexpr std::uint8_t kPriorityControl = 7;

[[nodiscard]] constexpr std::uint8_t priority_of_tos(std::uint8_t tos) {
  // Best effort, bulk, interactive, interactive bulk: each stands for four entries of Linux's table
  // of sixteen.
  constexpr std::array<std::uint8_t, 4> kPriority{0, 2, 6, 4};
  return kPriority[(tos & 0x1eU) >> 3];
}

}  // namespace ringroad
