// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The frames that a router forwards most: untagged, for this station, IPv4 or IPv6, with a valid
// header. They are found, and their headers validated, several at a time.
#include "ethernet/input.hpp"
#include "ethernet/odd_frames.hpp"
#include "packet/stage.hpp"

namespace ringroad::ethernet {

// Whether the burst, which is not empty, seems to have IPv6, by a few of its frames.
enum class Ipv6Share : std::uint8_t { kNone, kSome, kAll };
[[nodiscard]] Ipv6Share sample_ipv6(const Burst& burst);

// Takes the IPv6 frames for this station out of the burst, passes them on as one burst, validated,
// and leaves the others. A burst of IPv6 would otherwise go through the classification of odd
// frames. ~5 cycles a frame.
void pass_ipv6(StageContext& context, Burst& burst, Ipv6Share share, FrameHandler checked_ipv6);

// Partitions a burst: afterwards it has the IPv4 packets that passed validation, and `others` has
// all frames for other handlers.
void partition_ipv4(StageContext& context, Burst& burst, const EtherTypes& types, Others& others);

}  // namespace ringroad::ethernet
