// SPDX-License-Identifier: BSD-3-Clause
#include "bench/fib/timing.hpp"

#include <sys/mman.h>

#include <cstring>

namespace ringroad::bench {

PacketRing::PacketRing()
    : bytes_{
          static_cast<std::byte*>(operator new(kBuffers* kStride, std::align_val_t{kHugePage}))} {
  // Buffer pools are in huge pages, if there are any.
  ::madvise(bytes_.get(), kBuffers * kStride, MADV_HUGEPAGE);
  std::memset(bytes_.get(), 0, kBuffers * kStride);
}

}  // namespace ringroad::bench
