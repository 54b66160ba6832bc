// SPDX-License-Identifier: BSD-3-Clause
#include "port/budget.hpp"

#include <algorithm>

namespace ringroad::port {
namespace {

// The packets of a burst, its drops and its punts.
constexpr std::uint32_t kInHand = 256;

}  // namespace

std::uint32_t cache_size(std::uint32_t size, std::uint32_t threads) {
  constexpr std::uint32_t kMost = 256;
  constexpr std::uint32_t kLeast = 32;
  const std::uint32_t share = size / 8 / threads;
  return std::clamp(share / kLeast * kLeast, kLeast, kMost);
}

Budget budget_of(std::uint32_t size, const BufferUse& use) {
  // The caches of the workers and of the control thread; DPDK lets a cache grow to 1.5 times its
  // size.
  const std::uint32_t threads = use.workers + 1;
  const std::uint64_t caches = std::uint64_t{cache_size(size, threads)} * threads * 3 / 2;
  const std::uint64_t reserve = use.tx + caches + std::uint64_t{kInHand} * use.workers +
                                std::uint64_t{kAlwaysWait} * use.tx_queues + size / 32;
  const std::uint64_t taken = use.rx + reserve;
  return {.size = size,
          .devices = use.rx,
          .reserve = static_cast<std::uint32_t>(std::min<std::uint64_t>(reserve, ~0U)),
          .waiting = taken < size ? static_cast<std::uint32_t>(size - taken) : 0};
}

std::uint32_t least_buffers(const BufferUse& use) {
  constexpr std::uint32_t kStep = 1024;
  constexpr std::uint32_t kMost = 1U << 30U;
  std::uint32_t size = kStep;
  while (size < kMost && !budget_of(size, use).is_enough()) {
    size += kStep;
  }
  return size;
}

}  // namespace ringroad::port
