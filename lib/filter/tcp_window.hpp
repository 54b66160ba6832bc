// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Whether a segment lies in the window: Linux's tcp_in_window, after G. van Rooij, "Real Stateful
// TCP Packet Filtering in IP Filter" (2001). The tracker stands between the ends and sees what they
// sent, not what arrived, so it accepts what at least one possible state of the receiver accepts:
//   sequence numbers from  sender.end - receiver.max_window  to  sender.max_end,
//   acknowledgments from   receiver.end - max(sender.max_window, 66000)  to  receiver.end,
// where a segment with SACK blocks acknowledges their highest edge.
#include <cstdint>

#include "filter/tcp_tracking.hpp"

namespace ringroad::filter {

enum class WindowVerdict : std::uint8_t {
  kInside,   // the tracking is updated
  kIgnored,  // the segment passes, but says nothing about the connection: old data or an old ACK
  kInvalid,
};

// Checks the segment, and updates the ends by it.
[[nodiscard]] WindowVerdict check_window(TcpTracking& tracking, Direction direction, TcpKind kind,
                                         const TcpSegment& segment, bool be_liberal);

// The same for an ACK without another flag, but nothing is changed, and false is returned, unless
// it is inside the window of an end that is known already.
[[nodiscard]] bool pass_inside(TcpTracking& tracking, Direction direction,
                               const TcpSegment& segment);

}  // namespace ringroad::filter
