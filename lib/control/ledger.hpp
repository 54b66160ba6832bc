// SPDX-License-Identifier: BSD-3-Clause
#pragma once
#include <cstdint>

namespace ringroad::control {

// Counts where every packet is: received + generated = sent + delivered + dropped + held, at any
// moment at which no worker is inside a loop.
struct Ledger {
  std::uint64_t received = 0;
  std::uint64_t generated = 0;  // by the router itself
  std::uint64_t sent = 0;
  std::uint64_t delivered = 0;  // consumed by the router itself
  std::uint64_t dropped = 0;
  std::uint64_t held = 0;  // in bands, rings, neighbor queues and incomplete datagrams

  [[nodiscard]] bool balanced() const {
    return received + generated == sent + delivered + dropped + held;
  }
};

}  // namespace ringroad::control
