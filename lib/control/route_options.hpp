// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Options that identify a route and its next hops in a request.
#include <vector>

#include "config/model.hpp"
#include "control/options.hpp"
#include "control/router.hpp"

namespace ringroad::control {

// Whether the route is one of IPv6, by the request's `family` or else by its prefix. A default
// route is of the family of its gateways, or else of its source.
[[nodiscard]] bool is_ipv6_route(Options& options);
// Reads `via`, `port`, `onlink` and `recursive`, or `nexthops`, which is a list of such objects.
template <class Address>
[[nodiscard]] std::vector<config::NextHopOf<Address>> read_next_hops(Router& router,
                                                                     Options& options);

}  // namespace ringroad::control
