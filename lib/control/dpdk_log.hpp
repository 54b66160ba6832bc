// SPDX-License-Identifier: BSD-3-Clause
#pragma once
#include <cstdint>
#include <string_view>

namespace ringroad::control {

// From now on DPDK's lines are lines of the router's log, with their levels. Called before DPDK
// starts.
void adopt_dpdk_log();
// DPDK writes to stderr again.
void release_dpdk_log();
// How much DPDK logs when the router logs at `level`: errors, or with "debug" all but its own debug
// lines.
void set_dpdk_level(std::string_view level);
[[nodiscard]] std::uint32_t dpdk_level(std::string_view level);

}  // namespace ringroad::control
