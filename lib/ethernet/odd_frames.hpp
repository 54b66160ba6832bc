// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The frames of a burst that are not plain IPv4 or IPv6 for this station: frames with tags,
// broadcasts, frames of other types, and frames that are dropped here.
#include <array>
#include <cstdint>

#include "ethernet/input.hpp"
#include "packet/stage.hpp"

namespace ringroad::ethernet {

// Where a frame goes: frames with the same destination form one burst. The members have no default
// values, because to initialize the arrays below would cost each burst more than it uses of them.
struct Destination {
  FrameHandler handler;
  InterfaceId::rep ingress;
  std::uint8_t priority;

  friend bool operator==(const Destination&, const Destination&) = default;
};

struct OtherFrame {
  Packet* packet;
  Destination destination;
  L2Class l2_class;
};

struct Others {
  std::array<OtherFrame, kBurstMax> frames;
  std::uint16_t count = 0;
};

// Classifies such a frame: drops it, or adds it to `others`. Returns true if it is untagged IPv4
// after all, such as a broadcast.
bool classify_frame(StageContext& context, InterfaceId ingress, Packet* packet,
                    const EtherTypes& types, Others& others, L2Class& l2_class);

// Passes on one burst for each destination, with the frames in their order.
void dispatch(StageContext& context, InterfaceId port, Others& others, Burst& burst);

}  // namespace ringroad::ethernet
