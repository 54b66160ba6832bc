// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// One round of changes to a table, without a reader or with one.
#include <pthread.h>
#include <rte_rcu_qsbr.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/ids.hpp"
#include "bench/fib/subject.hpp"
#include "bench/fib/table.hpp"
#include "bench/fib/timing.hpp"
#include "bench/report.hpp"
#include "bench/tsc.hpp"

namespace ringroad::bench {

template <UpdatableTable T>
using Changes = std::span<const Route<typename T::Address>>;

template <UpdatableTable T>
void renew(T& table) {
  if constexpr (ReloadableTable<T>) {
    table.reload();
  }
}

struct Clock {
  double hz;        // TSC frequency
  double overhead;  // cycles of an empty measurement

  [[nodiscard]] double microseconds(double cycles) const { return (cycles - overhead) / hz * 1e6; }
  [[nodiscard]] double rate(std::size_t events, double cycles) const {
    return static_cast<double>(events) * hz / cycles;
  }
};

template <UpdatableTable T>
[[nodiscard]] Samples update_round(T& table, Changes<T> changes, Clock clock) {
  renew(table);
  std::vector<double> cycles;
  cycles.reserve(changes.size());
  const std::uint64_t begin = tsc_begin();
  for (const auto& change : changes) {
    const std::uint64_t one_begin = tsc_begin();
    update(table, change);
    cycles.push_back(static_cast<double>(tsc_end() - one_begin));
  }
  const auto total = static_cast<double>(tsc_end() - begin);
  const auto at = [&](double share) { return clock.microseconds(percentile(cycles, share)); };
  return {{"updates_per_second", clock.rate(changes.size(), total), Better::kHigher},
          {"update_p50_us", at(0.5)},
          {"update_p99_us", at(0.99)},
          {"update_p99.9_us", at(0.999)},
          {"update_max_us", at(1)}};
}

template <BatchTable T>
[[nodiscard]] Samples batch_round(T& table, Changes<T> changes, Clock clock) {
  constexpr std::size_t kBatch = 1024;
  const std::uint64_t begin = tsc_begin();
  for (std::size_t i = 0; i < changes.size(); i += kBatch) {
    table.apply(changes.subspan(i, std::min(kBatch, changes.size() - i)));
  }
  const auto total = static_cast<double>(tsc_end() - begin);
  return {{"updates_per_second", clock.rate(changes.size(), total), Better::kHigher}};
}

// The table has no default route before and after the round.
template <UpdatableTable T>
[[nodiscard]] Samples default_route_round(T& table, Clock clock) {
  constexpr std::uint32_t kChanges = 9;
  constexpr Prefix<typename T::Address> kDefault{};
  std::vector<double> cycles;
  table.insert({kDefault, NextHopId{1}});
  for (std::uint32_t i = 0; i < kChanges; ++i) {
    const std::uint64_t begin = tsc_begin();
    table.insert({kDefault, NextHopId{2 - i % 2}});
    cycles.push_back(static_cast<double>(tsc_end() - begin));
  }
  table.erase(kDefault);
  return {{"default_route_change_us", clock.microseconds(percentile(cycles, 0.5))}};
}

inline void pin_to(unsigned core) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(core, &cores);
  if (pthread_setaffinity_np(pthread_self(), sizeof cores, &cores) != 0) {
    throw std::runtime_error{"cannot run on the writer's core"};
  }
}

// Applies the changes repeatedly on another core; the table has seen them before. Ends after a
// whole pass, so that every route is as at the beginning.
template <UpdatableTable T>
class Writer {
 public:
  Writer(T& table, Changes<T> changes, unsigned core)
      : thread_{[this, &table, changes, core](const std::stop_token& stop) {
          pin_to(core);
          while (!stop.stop_requested()) {
            for (const auto& change : changes) {
              update(table, change);
              done_.store(done_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
            }
          }
        }} {
    while (done() == 0) {
      std::this_thread::yield();
    }
  }
  [[nodiscard]] std::size_t done() const { return done_.load(std::memory_order_relaxed); }

 private:
  alignas(64) std::atomic<std::size_t> done_{0};
  alignas(64) std::jthread thread_;
};

// Looks up bursts for `cycles`, with a quiescent state after each, as a worker has. Returns lookups
// a cycle.
template <Lookup L>
[[nodiscard]] double read_for(double cycles, const L& lookup, Keys<L> keys, rte_rcu_qsbr& readers) {
  constexpr std::size_t kPart = std::size_t{256} * kBurst;
  Answers<L> answers;
  std::size_t next = 0;
  std::size_t done = 0;
  const std::uint64_t begin = tsc_begin();
  double taken = 0;
  do {
    for (std::size_t i = 0; i < kPart; i += kBurst) {
      lookup.bulk(&keys[next + i], answers.data());
      keep(answers);
      rte_rcu_qsbr_quiescent(&readers, 0);
    }
    done += kPart;
    next = (next + kPart) % keys.size();
    taken = static_cast<double>(tsc_end() - begin);
  } while (taken < cycles);
  return static_cast<double>(done) / taken;
}

// The fraction of its rate that a reader keeps while a writer on another core makes changes without
// a pause. Answers of rte_fib are not reliable meanwhile: it frees memory that readers may still
// hold.
template <Lookup L, UpdatableTable T>
[[nodiscard]] Samples churn_round(const L& lookup, Keys<L> keys, T& table, Changes<T> changes,
                                  rte_rcu_qsbr& readers, unsigned writer_core, Clock clock) {
  const double window = clock.hz * 0.1;
  renew(table);
  warm_up(lookup, keys);
  rte_rcu_qsbr_thread_register(&readers, 0);
  rte_rcu_qsbr_thread_online(&readers, 0);
  const double quiet_before = read_for(window, lookup, keys, readers);
  double beside = 0;
  double written = 0;
  {
    const Writer writer{table, changes, writer_core};
    const std::size_t before = writer.done();
    const std::uint64_t begin = tsc_begin();
    beside = read_for(window, lookup, keys, readers);
    written = clock.rate(writer.done() - before, static_cast<double>(tsc_end() - begin));
    rte_rcu_qsbr_thread_offline(&readers, 0);  // while waiting for the end of the writer's pass
  }
  rte_rcu_qsbr_thread_online(&readers, 0);
  const double quiet = (quiet_before + read_for(window, lookup, keys, readers)) / 2;
  rte_rcu_qsbr_thread_offline(&readers, 0);
  rte_rcu_qsbr_thread_unregister(&readers, 0);
  return {{"reader_rate_percent", 100 * beside / quiet, Better::kHigher},
          {"updates_per_second", written, Better::kHigher}};
}

}  // namespace ringroad::bench
