// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What the firewall did with a packet, in words, the same in traces and in explain.
#include <optional>
#include <string>

#include "control/router.hpp"
#include "tap/taps.hpp"

namespace ringroad::control {

// `event` has the kind kFirewall.
[[nodiscard]] filter::Step firewall_step(const tap::Event& event);
// "forward: inet filter forward, handle 5: `ct state established accept`: accept". Rules that do
// not run any more have no words.
[[nodiscard]] std::string firewall_text(const Router& router, const tap::Event& event);
// "PRE_ROUTING", "INPUT"..
[[nodiscard]] std::string_view hook_name(HookPoint point);

}  // namespace ringroad::control
