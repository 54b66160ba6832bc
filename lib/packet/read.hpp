// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Reads from a packet that may lie in several buffers.
#include <cstring>
#include <optional>
#include <span>

#include "packet/packet.hpp"

namespace ringroad {

// Returns false, and leaves `to` unchanged, if the packet is too short.
[[nodiscard]] inline bool read_bytes(const Packet& packet, std::uint32_t offset,
                                     std::span<std::uint8_t> to) {
  const void* const at =
      rte_pktmbuf_read(&packet, offset, static_cast<std::uint32_t>(to.size()), to.data());
  if (at != nullptr && at != to.data()) {
    std::memcpy(to.data(), at, to.size());
  }
  return at != nullptr;
}

// Returns the object at this offset; nothing if the packet is too short.
template <class T>
[[nodiscard]] std::optional<T> read_at(const Packet& packet, std::uint32_t offset) {
  T value{};
  const std::span bytes{reinterpret_cast<std::uint8_t*>(&value), sizeof value};
  return read_bytes(packet, offset, bytes) ? std::optional{value} : std::nullopt;
}

}  // namespace ringroad
