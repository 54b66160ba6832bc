// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The hooks at the ingress of an interface, which see frames as they came: Linux's nf_ingress.
#include <cstdint>

#include "packet/stage.hpp"

namespace ringroad::ethernet {

struct Removed {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
};

// Leaves the frames that the hooks accept, in their order, tagged as they came. A burst of a
// sub-interface has its l2_classes; those of a port are found here. The hooks see the IPv4 packets
// of the burst first, then the IPv6 packets, then all others, which include those with a wrong IP
// header.
Removed run_ingress(StageContext& context, Burst& burst);

}  // namespace ringroad::ethernet
