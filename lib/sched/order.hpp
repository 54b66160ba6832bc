// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The service order of bands. Band b is bit 1 << b of a mask.
#include <concepts>
#include <cstdint>

namespace ringroad::sched {

using BandMask = std::uint32_t;

// next(): selects the band in `ready` that sends next; `ready` is not empty, and `next_bytes(band)`
// is the length of that band's next packet. sent(): the band has sent it. emptied(): the band has
// no more packets.
template <class O>
concept Order = requires(O order, BandMask ready, std::uint32_t (*next_bytes)(unsigned),
                         unsigned band, std::uint32_t bytes) {
  { order.next(ready, next_bytes) } -> std::same_as<unsigned>;
  order.sent(band, bytes);
  order.emptied(band);
};

}  // namespace ringroad::sched
