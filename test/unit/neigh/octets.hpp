// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Octets written as hexadecimal text.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ringroad::neigh {

// Spaces between digits are skipped.
inline std::vector<std::uint8_t> octets(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c != ' ') {
      digits += c;
    }
  }
  std::vector<std::uint8_t> bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

// Without the Ethernet header.
inline std::vector<std::uint8_t> packet_of(const std::vector<std::uint8_t>& frame) {
  return {frame.begin() + 14, frame.end()};
}

}  // namespace ringroad::neigh
