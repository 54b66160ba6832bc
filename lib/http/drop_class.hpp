// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Drop reasons grouped by what an operator does about them, so that an alert is a rule for a group.
#include <string_view>

#include "stats/drop_reason.hpp"

namespace ringroad::http {

// "malformed": damaged or wrong packets. "unwanted": what a router on a busy link ignores anyway.
// "refused": by what is configured. "unroutable": the router answers with an ICMP error.
// "neighbor": the next hop does not answer. "reassembly": fragments to the router. "overload":
// something was full. "link": a port was taken down.
[[nodiscard]] std::string_view class_of(stats::DropReason reason);

}  // namespace ringroad::http
