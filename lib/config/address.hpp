// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Valid addresses of the router, both in a file and on a running port.
#include <cstddef>
#include <optional>
#include <string>

#include "base/ipv4.hpp"
#include "base/ipv6.hpp"

namespace ringroad::config {

inline constexpr std::size_t kAddressesMax = 256;  // of a port, both families together

// Why no port can have this address; nullopt if it is valid.
[[nodiscard]] std::optional<std::string> fault_of(const InterfaceAddress4& address);
[[nodiscard]] std::optional<std::string> fault_of(const InterfaceAddress6& address);

}  // namespace ringroad::config
