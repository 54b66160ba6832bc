// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What an address of the router's own may be, in a file and on a live port alike.
#include <cstddef>
#include <optional>
#include <string>

#include "base/ipv4.hpp"

namespace ringroad::config {

inline constexpr std::size_t kAddressesMax = 256;  // of a port

// Why no port can have it; nullopt: one can.
[[nodiscard]] std::optional<std::string> fault_of(const InterfaceAddress& address);

}  // namespace ringroad::config
