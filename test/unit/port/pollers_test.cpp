// SPDX-License-Identifier: BSD-3-Clause
#include "port/pollers.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <memory>
#include <thread>

using namespace ringroad;

namespace {

struct Free {
  void operator()(rte_rcu_qsbr* pollers) const { std::free(pollers); }
};

std::unique_ptr<rte_rcu_qsbr, Free> two_pollers() {
  const auto bytes = RTE_ALIGN_CEIL(rte_rcu_qsbr_get_memsize(2), RTE_CACHE_LINE_SIZE);
  auto* const memory = static_cast<rte_rcu_qsbr*>(std::aligned_alloc(RTE_CACHE_LINE_SIZE, bytes));
  std::unique_ptr<rte_rcu_qsbr, Free> pollers{memory};
  rte_rcu_qsbr_init(pollers.get(), 2);
  for (const unsigned id : {0U, 1U}) {
    rte_rcu_qsbr_thread_register(pollers.get(), id);
  }
  return pollers;
}

}  // namespace

TEST_CASE("who waits for the pollers waits until each has come by or sleeps") {
  port::wait_for_pollers();  // no thread polls the ports
  const auto pollers = two_pollers();
  port::set_pollers(pollers.get());
  port::wait_for_pollers();  // both sleep
  rte_rcu_qsbr_thread_online(pollers.get(), 0);
  rte_rcu_qsbr_thread_online(pollers.get(), 1);
  std::atomic<bool> done{false};
  std::thread waiting{[&] {
    port::wait_for_pollers();
    done = true;
  }};
  for (int i = 0; i < 1000; ++i) {
    rte_rcu_qsbr_quiescent(pollers.get(), 0);
    std::this_thread::yield();
  }
  CHECK_FALSE(done);
  rte_rcu_qsbr_thread_offline(pollers.get(), 1);
  while (!done) {
    rte_rcu_qsbr_quiescent(pollers.get(), 0);
    std::this_thread::yield();
  }
  waiting.join();
  port::set_pollers(nullptr);
}
