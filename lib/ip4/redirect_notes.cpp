// SPDX-License-Identifier: BSD-3-Clause
#include "ip4/redirect_notes.hpp"

#include <cstddef>
#include <cstring>

namespace ringroad::ip4 {

void note_redirects(StageContext& context, const Burst& burst, std::uint64_t which) {
  // An ICMP error quotes at most this much of a packet.
  constexpr std::uint32_t kCopied = kL2Bytes + 576;
  ringroad::note_redirects(context, burst, which, kCopied, [&](std::size_t i) {
    std::uint32_t sender = 0;
    std::memcpy(&sender, burst.frames[i] + kL2Bytes + offsetof(rte_ipv4_hdr, src_addr),
                sizeof sender);
    return sender;
  });
}

}  // namespace ringroad::ip4
