// SPDX-License-Identifier: BSD-3-Clause
#include "ip6/redirect_notes.hpp"

#include "ip6/header.hpp"

namespace ringroad::ip6 {

void note_redirects(StageContext& context, const Burst& burst, std::uint64_t which) {
  // An ICMPv6 error quotes at most this much of a packet.
  constexpr std::uint32_t kCopied = kL2Bytes + kMtuMin;
  ringroad::note_redirects(context, burst, which, kCopied,
                           [&](std::size_t i) { return note_of(source6_of(*burst.packets[i])); });
}

}  // namespace ringroad::ip6
