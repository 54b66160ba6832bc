// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What rules ask about connections: the keys of `ct` in nft(8), and Linux's nft_ct_get_eval.
#include <cstdint>

#include "filter/connection.hpp"
#include "filter/tracked.hpp"
#include "nft/field.hpp"

namespace ringroad::filter {

// Linux's NF_CT_STATE_BIT.
[[nodiscard]] std::uint32_t state_bits(Tracked tracked);
// 32 bits of the value, of which `word` 0 are the lowest. `direction`: of the packet.
[[nodiscard]] std::uint32_t connection_word(const Connection& connection, Direction direction,
                                            nft::Ct what, unsigned word, Milliseconds32 now);

}  // namespace ringroad::filter
