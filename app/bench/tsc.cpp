// SPDX-License-Identifier: BSD-3-Clause
#include "bench/tsc.hpp"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace ringroad::bench {

double tsc_overhead() {
  std::vector<double> cycles(100'001);
  for (double& pair : cycles) {
    const std::uint64_t begin = tsc_begin();
    pair = static_cast<double>(tsc_end() - begin);
  }
  return percentile(cycles, 0.5);
}

double percentile(std::span<double> values, double share) {
  const auto rank = static_cast<std::size_t>(share * static_cast<double>(values.size() - 1));
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(rank));
  return values[rank];
}

}  // namespace ringroad::bench
