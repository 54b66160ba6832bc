// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What steps of a reload do, for values that are given and for those that were before. Lists of
// ports have each at the index of its InterfaceId. Control thread only.
#include <expected>
#include <vector>

#include "control/reload_plan.hpp"

namespace ringroad::control {

using Done = std::expected<void, Refusal>;

// Adds a sub-interface, or brings back one that was gone, without addresses.
[[nodiscard]] Done bring(const ReloadParts& parts, InterfaceId id, const config::Port& port,
                         InterfaceId link);
// Sets policies, timers and limits of all ports.
void apply_settings(const ReloadParts& parts, const config::Config& config,
                    const std::vector<config::Port>& ports);
void set_icmp_limits(const ReloadParts& parts, const config::Icmp& icmp);
// Sets what ports say to hosts as routers, and what they take from other routers.
void set_advertisements(const ReloadParts& parts, const std::vector<config::Port>& ports,
                        const std::vector<bool>& there);

}  // namespace ringroad::control
