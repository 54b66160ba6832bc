// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Whose turn it is. Bands are bits of a mask: 1 << band.
#include <concepts>
#include <cstdint>

namespace ringroad::sched {

using BandMask = std::uint32_t;

// next(): the band of `ready`, which is not empty, that sends next; `next_bytes(band)` is the
// length of what it would send. sent(): it did. emptied(): it has nothing more.
template <class O>
concept Order = requires(O order, BandMask ready, std::uint32_t (*next_bytes)(unsigned),
                         unsigned band, std::uint32_t bytes) {
  { order.next(ready, next_bytes) } -> std::same_as<unsigned>;
  order.sent(band, bytes);
  order.emptied(band);
};

}  // namespace ringroad::sched
