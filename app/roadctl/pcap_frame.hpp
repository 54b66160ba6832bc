// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A frame of a pcap or pcapng file.
#include <cstdint>
#include <string>

#include "base/error.hpp"

namespace ringroad::roadctl {

// Returns the frame with that number, counted from 1 as Wireshark does, in hexadecimal. "-" is
// standard input.
[[nodiscard]] Result<std::string> frame_of_file(const std::string& path, std::uint64_t number);

}  // namespace ringroad::roadctl
