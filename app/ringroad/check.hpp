// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// `ringroad check CONFIG.yaml`
#include <string>

namespace ringroad::app {

// Prints every problem to stderr and returns 2, or prints a summary to stdout and returns 0.
[[nodiscard]] int check(const std::string& path);

}  // namespace ringroad::app
