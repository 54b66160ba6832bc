// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Frames as the comparison of explain's words with the pipeline's deeds sees them.
#include <string>

#include "testbed.hpp"

namespace ringroad::test {

[[nodiscard]] std::string hex(const Frame& frame);
[[nodiscard]] Frame from_hex(const std::string& text);

// Without identification and checksum, which depend on how many packets went before; a frame with
// times in it is cut off before them.
[[nodiscard]] std::string comparable(Frame frame);

// What a frame is for the comparison: messages by which neighbors are learned may release packets
// that wait for them, and the router sends some of its own accord.
enum class Kind : std::uint8_t {
  kOther,
  kRequest,  // of the router for a neighbor, or one of its reports
  kAnswer,   // another message about neighbors
};
[[nodiscard]] Kind kind_of(const Frame& frame);

}  // namespace ringroad::test
