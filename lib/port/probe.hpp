// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Turns a configuration's device string into a DPDK device.
#include <cstdint>
#include <string>

#include "base/error.hpp"

namespace ringroad::port {

[[nodiscard]] bool is_pci_address(const std::string& device);
// Returns the device's DPDK port number, and probes the device if DPDK does not have it yet.
[[nodiscard]] Result<std::uint16_t> probe_pci(const std::string& device);
[[nodiscard]] Result<std::uint16_t> probe_vdev(const std::string& device, std::uint16_t workers);

}  // namespace ringroad::port
