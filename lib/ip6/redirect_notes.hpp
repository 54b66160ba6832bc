// SPDX-License-Identifier: BSD-3-Clause
#pragma once
#include <cstdint>

#include "base/ipv6.hpp"
#include "packet/redirect_notes.hpp"

namespace ringroad::ip6 {

// Punts copies of packets whose senders may be told a better first hop (RFC 4861 8.2). The packets
// themselves are forwarded. `which` has a bit for each packet to examine.
void note_redirects(StageContext& context, const Burst& burst, std::uint64_t which);

// What is noted of a sender.
[[nodiscard]] inline std::uint32_t note_of(Ipv6 sender) {
  return static_cast<std::uint32_t>(std::hash<Ipv6>{}(sender)) | 1U;
}

}  // namespace ringroad::ip6
