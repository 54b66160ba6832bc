// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Finds out what the kernel itself does with an interface that a port uses for sending and
// receiving.
#include <span>
#include <string>
#include <vector>

#include "port/interfaces.hpp"

namespace ringroad::port {

// The kernel's IPv4 addresses on an interface, with prefix lengths.
[[nodiscard]] std::vector<std::string> kernel_addresses(const std::string& interface);

// One sentence for each setting by which packets arrive twice or are answered twice, with the
// remedy.
[[nodiscard]] std::vector<std::string> sharing_warnings(const InterfaceState& state,
                                                        std::span<const std::string> addresses);

}  // namespace ringroad::port
