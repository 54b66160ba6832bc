// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What one thread counted: lines that no other thread writes.
#include <cstdint>

#include "base/own_lines.hpp"
#include "stats/counter.hpp"

namespace ringroad::filter {

struct Count {
  stats::Counter packets;
  stats::Counter bytes;  // of the IP packets
};
using Counts = OwnLinesVector<Count>;

struct Total {
  std::uint64_t packets = 0;
  std::uint64_t bytes = 0;
  friend bool operator==(const Total&, const Total&) = default;
};

}  // namespace ringroad::filter
