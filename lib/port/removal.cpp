// SPDX-License-Identifier: BSD-3-Clause
// These calls are the same from DPDK 18.05 to 24.11, but were never declared stable.
#define ALLOW_EXPERIMENTAL_API  // NOLINT(readability-identifier-naming): DPDK's
#include "port/removal.hpp"

#include <rte_dev.h>
#include <rte_pause.h>

#include <cerrno>
#include <utility>

namespace ringroad::port {
namespace {

void on_event(const char* /*device*/, rte_dev_event_type type, void* asked) {
  if (type == RTE_DEV_EVENT_REMOVE) {
    static_cast<std::atomic<bool>*>(asked)->store(true, std::memory_order_relaxed);
  }
}

}  // namespace

RemovalWatch::RemovalWatch(std::string device, std::atomic<bool>& asked)
    : device_{std::move(device)}, asked_{asked} {
  rte_dev_event_callback_register(device_.c_str(), on_event, &asked_);
}

RemovalWatch::~RemovalWatch() {
  // The callback is running just now.
  while (rte_dev_event_callback_unregister(device_.c_str(), on_event, &asked_) == -EAGAIN) {
    rte_pause();
  }
}

}  // namespace ringroad::port
