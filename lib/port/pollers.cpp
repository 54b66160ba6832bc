// SPDX-License-Identifier: BSD-3-Clause
#include "port/pollers.hpp"

#include <unistd.h>

#include <mutex>

namespace ringroad::port {
namespace {

std::mutex mutex;  // a thread that waits for the pollers prevents their destruction
rte_rcu_qsbr* all_pollers = nullptr;

}  // namespace

void set_pollers(rte_rcu_qsbr* pollers) {
  const std::scoped_lock lock{mutex};
  all_pollers = pollers;
}

void wait_for_pollers() {
  const std::scoped_lock lock{mutex};
  if (all_pollers == nullptr) {
    return;
  }
  const std::uint64_t token = rte_rcu_qsbr_start(all_pollers);
  while (rte_rcu_qsbr_check(all_pollers, token, false) != 1) {
    usleep(10);
  }
}

}  // namespace ringroad::port
