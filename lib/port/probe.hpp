// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A configuration's device string and the DPDK device that it becomes.
#include <cstdint>
#include <string>

#include "base/error.hpp"

namespace ringroad::port {

[[nodiscard]] bool is_pci_address(const std::string& device);
// The device's DPDK number, probing it where DPDK does not have it yet.
[[nodiscard]] Result<std::uint16_t> probe_pci(const std::string& device);
[[nodiscard]] Result<std::uint16_t> probe_vdev(const std::string& device, std::uint16_t workers);

}  // namespace ringroad::port
