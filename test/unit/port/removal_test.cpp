// SPDX-License-Identifier: BSD-3-Clause
// These functions are the same from DPDK 18.05 to 24.11, but were never declared stable.
#define ALLOW_EXPERIMENTAL_API  // NOLINT(readability-identifier-naming): DPDK's
#include "port/removal.hpp"

#include <rte_dev.h>

#include <atomic>
#include <catch2/catch.hpp>

using namespace ringroad;

TEST_CASE("that a device is to be unplugged is noted, of this device and while it is watched") {
  std::atomic<bool> asked{false};
  {
    const port::RemovalWatch watch{"0000:03:00.0", asked};
    rte_dev_event_callback_process("0000:03:00.0", RTE_DEV_EVENT_ADD);
    rte_dev_event_callback_process("0000:03:00.1", RTE_DEV_EVENT_REMOVE);
    CHECK_FALSE(asked);
    rte_dev_event_callback_process("0000:03:00.0", RTE_DEV_EVENT_REMOVE);
    CHECK(asked);
    asked = false;
  }
  rte_dev_event_callback_process("0000:03:00.0", RTE_DEV_EVENT_REMOVE);
  CHECK_FALSE(asked);
}
