// SPDX-License-Identifier: BSD-3-Clause
#pragma once
#include <string>

namespace ringroad::app {

// Runs the router until SIGINT or SIGTERM. Returns the exit status: 0 after an orderly stop; 1
// after a failure at run time or of a port, whose device may appear later; 2 if the configuration
// cannot be used, or not on this machine.
int run(const std::string& path, bool verbose);

}  // namespace ringroad::app
