// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Which of a connection's two ends sent a packet: Linux's ip_conntrack_dir.
#include <cstddef>
#include <cstdint>

namespace ringroad::filter {

enum class Direction : std::uint8_t {
  kOriginal,  // that of the connection's first packet
  kReply,
};

[[nodiscard]] constexpr Direction opposite(Direction direction) {
  return direction == Direction::kOriginal ? Direction::kReply : Direction::kOriginal;
}

// The place of a direction in an array of two.
[[nodiscard]] constexpr std::size_t index_of(Direction direction) {
  return static_cast<std::size_t>(direction);
}

}  // namespace ringroad::filter
