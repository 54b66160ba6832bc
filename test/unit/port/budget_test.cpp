// SPDX-License-Identifier: BSD-3-Clause
#include "port/budget.hpp"

#include <catch2/catch.hpp>

namespace ringroad::port {

TEST_CASE("what rings keep and what is on its way is set aside before anything may wait") {
  // Two ports of a NIC, two workers: 1024 descriptors a ring.
  const BufferUse use{.workers = 2, .rx = 4096, .tx = 4096, .tx_queues = 4};
  const Budget budget = budget_of(131072, use);
  CHECK(budget.size == 131072);
  CHECK(budget.devices == 4096);
  // Caches of 384 for each of three threads, bursts, initial packets for each queue, and a
  // thirty-second of the pool.
  CHECK(budget.reserve == 4096 + 3 * 384 + 2 * 256 + 4 * 64 + 4096);
  CHECK(budget.devices + budget.reserve + budget.waiting == budget.size);
  CHECK(budget.neighbors() + budget.reassembly() + budget.rings() + budget.bands() ==
        budget.waiting);
  CHECK(budget.is_enough());
}

TEST_CASE("a pool that its ports' rings would empty is too small, and it is said what is not") {
  const auto workers = GENERATE(1U, 2U, 7U, 32U);
  const auto rings = GENERATE(0U, 512U, 8192U, 100'000U);
  const BufferUse use{
      .workers = workers, .rx = rings, .tx = rings, .tx_queues = rings == 0 ? 2 : rings / 512};
  const std::uint32_t least = least_buffers(use);
  CHECK(budget_of(least, use).is_enough());
  CHECK(least > 2 * rings);
  CHECK((least == 1024 || !budget_of(least - 1024, use).is_enough()));
  CHECK_FALSE(budget_of(2 * rings, use).is_enough());
}

TEST_CASE("the smallest pool does for one worker whose devices keep nothing") {
  CHECK(budget_of(1024, {.workers = 1, .tx_queues = 2}).is_enough());
}

TEST_CASE("threads' caches are a small part of a small pool") {
  CHECK(cache_size(65536, 2) == 256);
  CHECK(cache_size(1024, 2) == 64);
  CHECK(cache_size(1024, 64) == 32);
}

}  // namespace ringroad::port
