// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What happened in the last second and the last minute, as JSON. Several verbs answer with these.
#include <optional>

#include "control/json.hpp"
#include "control/router.hpp"

namespace ringroad::control {

// The traffic of a port or sub-interface: packets and bits per second, and the percentage of the
// link's speed; null if the speed is not known. A frame occupies the link for 24 bytes more than
// are counted: preamble, frame check sequence, and the gap after it (IEEE 802.3 4.4.2).
[[nodiscard]] Json rates_of(const Router& router, const interface::InterfaceView& view,
                            std::uint32_t speed_mbps);

// How a worker's time is divided, and the cycles of a packet, null if there was none.
[[nodiscard]] Json load_json(const Load& load);

// The drops of one port, or of all, in the order of the reasons, without those that never happened.
[[nodiscard]] Json drops_json(const Router& router, std::optional<InterfaceId> of);
// The same for the last minute only, the most frequent first.
[[nodiscard]] Json drops_of_last_minute(const Router& router);

}  // namespace ringroad::control
