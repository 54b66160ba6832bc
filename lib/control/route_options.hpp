// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Options that identify a route and its next hops in a request.
#include <vector>

#include "config/model.hpp"
#include "control/options.hpp"
#include "control/router.hpp"

namespace ringroad::control {

// Reads `via`, `port`, `onlink` and `recursive`, or `nexthops`, which is a list of such objects.
[[nodiscard]] std::vector<config::NextHop> read_next_hops(Router& router, Options& options);

}  // namespace ringroad::control
