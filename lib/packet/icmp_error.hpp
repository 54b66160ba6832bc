// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Which ICMP messages are errors.
#include <cstdint>

namespace ringroad {

// An error quotes the packet that it is about (RFC 1122 3.2.2).
[[nodiscard]] constexpr bool is_icmp_error(std::uint8_t type) {
  return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
}

}  // namespace ringroad
