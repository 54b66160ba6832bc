// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What the kernel does itself with an interface by which a port sends and receives.
#include <span>
#include <string>
#include <vector>

#include "port/interfaces.hpp"

namespace ringroad::port {

// IPv4 addresses with their prefix lengths that the kernel has on an interface.
[[nodiscard]] std::vector<std::string> kernel_addresses(const std::string& interface);

// One sentence for each thing that makes packets arrive twice or be answered by two, with what ends
// it.
[[nodiscard]] std::vector<std::string> sharing_warnings(const InterfaceState& state,
                                                        std::span<const std::string> addresses);

}  // namespace ringroad::port
