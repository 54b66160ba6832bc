#include "bench/fib/timing.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

namespace ringroad::bench {

double percentile(std::span<double> values, double share) {
  const auto rank = static_cast<std::size_t>(share * static_cast<double>(values.size() - 1));
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(rank));
  return values[rank];
}

double tsc_overhead() {
  std::vector<double> cycles(100'001);
  for (double& pair : cycles) {
    const std::uint64_t begin = tsc_begin();
    pair = static_cast<double>(tsc_end() - begin);
  }
  return percentile(cycles, 0.5);
}

PacketRing::PacketRing()
    : bytes_{
          static_cast<std::byte*>(operator new(kBuffers* kStride, std::align_val_t{kHugePage}))} {
  // Buffer pools are in huge pages, where there are any.
  ::madvise(bytes_.get(), kBuffers * kStride, MADV_HUGEPAGE);
  std::memset(bytes_.get(), 0, kBuffers * kStride);
}

}  // namespace ringroad::bench
