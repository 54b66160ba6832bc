#pragma once
// A number that one thread counts and others may read. No atomic read-modify-write: the add
// compiles to a load and a store of a line that the writer owns.
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "stats/drop_reason.hpp"

namespace ringroad::stats {

class Counter {
 public:
  void add(std::uint64_t by) {
    value_.store(value_.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
  void set(std::uint64_t value) { value_.store(value, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// One thread's drops, by reason.
class DropCounters {
 public:
  void add(DropReason reason, std::uint64_t packets = 1) { of(reason).add(packets); }
  [[nodiscard]] std::uint64_t get(DropReason reason) const {
    return counters_[static_cast<std::size_t>(reason)].get();
  }
  [[nodiscard]] std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const auto& counter : counters_) {
      sum += counter.get();
    }
    return sum;
  }

 private:
  Counter& of(DropReason reason) { return counters_[static_cast<std::size_t>(reason)]; }

  std::array<Counter, kDropReasons> counters_;
};

}  // namespace ringroad::stats
