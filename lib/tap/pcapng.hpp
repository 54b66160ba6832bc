// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Writes pcapng (draft-ietf-opsawg-pcapng): a section header, an interface block for each port,
// enhanced packet blocks with nanosecond stamps, direction and comment, and at the end a statistics
// block for each port. Little-endian. Pure functions that append to a string.
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "base/mac.hpp"

namespace ringroad::tap::pcapng {

enum class Direction : std::uint8_t { kUnknown = 0, kIn = 1, kOut = 2 };

struct InterfaceBlock {
  std::string_view name;
  std::string_view device;
  Mac mac;
  std::uint64_t bits_per_second = 0;  // 0: not known
  std::uint32_t snap_bytes = 0;       // 0: no limit
  std::string_view filter;            // empty: none
};

struct PacketBlock {
  std::uint32_t interface = 0;
  std::uint64_t nanoseconds = 0;  // since 1970
  std::uint32_t length = 0;       // of the whole frame
  std::span<const std::uint8_t> octets;
  Direction direction = Direction::kUnknown;
  std::string_view comment;  // empty: none
};

struct StatisticsBlock {
  std::uint32_t interface = 0;
  std::uint64_t nanoseconds = 0;   // of the block
  std::uint64_t start = 0;         // of the capture
  std::uint64_t received = 0;      // by the device, in the meantime
  std::uint64_t device_lost = 0;   // what the device lost: isb_ifdrop
  std::uint64_t accepted = 0;      // packets that matched the filter
  std::uint64_t capture_lost = 0;  // packets that the capture lost: isb_osdrop
};

// The length of the block with which the text begins; it must be whole.
[[nodiscard]] inline std::size_t block_bytes(std::string_view blocks) {
  std::uint32_t length = 0;
  std::memcpy(&length, blocks.data() + sizeof length, sizeof length);
  return length;
}
// Of a text of whole blocks, those that describe interfaces: each file needs them.
[[nodiscard]] inline std::string interface_blocks(std::string_view blocks) {
  constexpr std::uint32_t kInterfaceDescription = 1;
  std::string found;
  for (std::size_t at = 0; at < blocks.size(); at += block_bytes(blocks.substr(at))) {
    std::uint32_t type = 0;
    std::memcpy(&type, blocks.data() + at, sizeof type);
    if (type == kInterfaceDescription) {
      found += blocks.substr(at, block_bytes(blocks.substr(at)));
    }
  }
  return found;
}
// Of a text of whole blocks, the length of those at the front that fit into `most`.
[[nodiscard]] inline std::size_t fitting_blocks(std::string_view blocks, std::size_t most) {
  std::size_t end = 0;
  while (end < blocks.size() && end + block_bytes(blocks.substr(end)) <= most) {
    end += block_bytes(blocks.substr(end));
  }
  return end;
}

void append_section(std::string& to, std::string_view application);
void append(std::string& to, const InterfaceBlock& block);
void append(std::string& to, const PacketBlock& block);
void append(std::string& to, const StatisticsBlock& block);

}  // namespace ringroad::tap::pcapng
