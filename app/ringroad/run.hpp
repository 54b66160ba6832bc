// SPDX-License-Identifier: BSD-3-Clause
#pragma once
#include <string>

namespace ringroad::app {

// Runs the router until SIGINT or SIGTERM. Returns the exit status: 0 stopped in good order, 1
// failed while running or on a port, whose device may come a moment later, 2 the configuration will
// not do, or not on this machine.
int run(const std::string& path, bool verbose);

}  // namespace ringroad::app
