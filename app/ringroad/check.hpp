// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// `ringroad check CONFIG.yaml`
#include <string>

namespace ringroad::app {

// Prints every problem to stderr and answers 2, or a summary to stdout and answers 0.
[[nodiscard]] int check(const std::string& path);

}  // namespace ringroad::app
