// SPDX-License-Identifier: BSD-3-Clause
// Precompiled for the library. Of DPDK's headers only where warnings are no errors: from here they
// are no system's, and warned of.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>
#ifdef RINGROAD_SANITIZED
#include "control/router.hpp"
#endif
