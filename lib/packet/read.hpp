// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Reads from a packet that may lie in several buffers.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

#include "packet/checksum.hpp"
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

// Returns the sum (RFC 1071) of the packet from this offset. rte_raw_cksum_mbuf of DPDK 22.11 loses
// carries behind a buffer with an odd number of octets.
[[nodiscard]] inline std::uint16_t sum_from(const Packet& packet, std::uint32_t offset) {
  std::uint64_t sum = 0;
  bool is_odd = false;
  for (const Packet* segment = &packet; segment != nullptr; segment = segment->next) {
    const std::uint32_t skipped = std::min<std::uint32_t>(offset, segment->data_len);
    const std::span octets{rte_pktmbuf_mtod_offset(segment, const std::uint8_t*, skipped),
                           segment->data_len - skipped};
    const auto part = static_cast<std::uint16_t>(~checksum(octets));
    sum += is_odd ? __builtin_bswap16(part) : part;
    is_odd = is_odd != (octets.size() % 2 != 0);
    offset -= skipped;
  }
  return fold(sum);
}

}  // namespace ringroad
