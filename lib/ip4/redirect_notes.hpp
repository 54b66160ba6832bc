// SPDX-License-Identifier: BSD-3-Clause
#pragma once
#include <cstdint>

#include "packet/stage.hpp"

namespace ringroad::ip4 {

// Punts a copy of one packet for each sender and round, of those that leave by the interface on
// which they arrived: the control thread may send the sender a redirect (RFC 1812 5.2.7.2). The
// packets themselves are forwarded. `which` has a bit for each packet to examine.
void note_redirects(StageContext& context, const Burst& burst, std::uint64_t which);

// Its parts, with which the control thread keeps notes like a worker's.
inline void begin_round(RedirectNotes& notes, std::uint32_t round) {
  if (notes.round != round) {
    notes.round = round;
    notes.copies = 0;
  }
}
// Notes a sender, in wire order. Returns false if it was noted in this round before.
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

}  // namespace ringroad::ip4
