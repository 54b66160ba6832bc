// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Where threads run that are not the router's own.
#include <string>
#include <vector>

#include "config/model.hpp"

namespace ringroad::http {

// The cores that this process may use, without the workers', and if another is left without the
// control thread's. Called before DPDK starts, which binds the calling thread to one core. If no
// core is left, returns the control thread's.
[[nodiscard]] std::vector<unsigned> spare_cores(const config::Engine& engine);

// Binds the calling thread to these cores, and lets all other threads there run first.
void stay_on(const std::vector<unsigned>& cores, const std::string& name);

}  // namespace ringroad::http
