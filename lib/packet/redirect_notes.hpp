// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Notes of the senders for whom another gateway would be better. Packets that leave by the
// interface on which they arrived stay on the fast path; one copy for each sender and round goes to
// the control thread, which may send a redirect.
#include <algorithm>
#include <bit>
#include <cstdint>

#include "packet/stage.hpp"

namespace ringroad {

// With these functions the control thread keeps notes like a worker's.
inline void begin_round(RedirectNotes& notes, std::uint32_t round) {
  if (notes.round != round) {
    notes.round = round;
    notes.copies = 0;
  }
}
// Notes a sender: its IPv4 address in wire order, or a hash of its IPv6 address. Returns false if
// it was noted in this round before.
[[nodiscard]] inline bool note(RedirectNotes& notes, std::uint32_t sender) {
  constexpr std::uint32_t kGolden = 0x9e3779b1U;
  auto& told = notes.told[sender * kGolden >> 24U];
  if (told.sender == sender && told.round == notes.round) {
    return false;
  }
  told = {sender, notes.round};
  ++notes.copies;
  return true;
}

// Punts a copy of the first `most` octets of the packet.
void punt_copy(StageContext& context, const Burst& burst, std::uint16_t index, std::uint32_t most);

// Punts a copy of one packet for each sender and round, of those in `which` that leave by the
// interface on which they arrived. `sender_of(i)` is what note() takes.
template <class SenderOf>
void note_redirects(StageContext& context, const Burst& burst, std::uint64_t which,
                    std::uint32_t most, SenderOf&& sender_of) {
  const Interface& ingress = context.tables.interfaces[burst.ingress.value()];
  const std::uint32_t round = ingress.redirect_round.load(std::memory_order_relaxed);
  if (round == 0) {
    return;
  }
  RedirectNotes& notes = context.redirects;
  begin_round(notes, round);
  std::uint32_t before = 0;  // no sender is 0
  for (; which != 0 && notes.copies < RedirectNotes::kCopiesMax; which &= which - 1) {
    const auto i = static_cast<std::uint16_t>(std::countr_zero(which));
    const std::uint32_t sender = sender_of(i);
    if (sender == before || burst.adjacencies[i]->port != burst.ingress) {
      continue;
    }
    before = sender;
    if (note(notes, sender)) {
      punt_copy(context, burst, i, most);
    }
  }
}

}  // namespace ringroad
