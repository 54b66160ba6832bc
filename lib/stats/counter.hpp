// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// A counter that one thread updates and others may read. There is no atomic read-modify-write: an
// update compiles to a load and a store of a cache line that the writer owns.
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/ids.hpp"
#include "base/own_lines.hpp"
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

// The drops of one thread, by port (or sub-interface) and reason. There is no separate total: sums
// are computed when they are read.
class DropCounters {
 public:
  explicit DropCounters(std::size_t ports) : rows_(ports) {}

  void add(InterfaceId port, DropReason reason, std::uint64_t packets = 1) {
    rows_[port.value()][static_cast<std::size_t>(reason)].add(packets);
  }
  [[nodiscard]] std::uint64_t get(InterfaceId port, DropReason reason) const {
    return rows_[port.value()][static_cast<std::size_t>(reason)].get();
  }
  [[nodiscard]] std::uint64_t get(DropReason reason) const {
    std::uint64_t sum = 0;
    for (const Row& row : rows_) {
      sum += row[static_cast<std::size_t>(reason)].get();
    }
    return sum;
  }
  [[nodiscard]] std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const Row& row : rows_) {
      for (const Counter& counter : row) {
        sum += counter.get();
      }
    }
    return sum;
  }

 private:
  using Row = std::array<Counter, kDropReasons>;
  OwnLinesVector<Row> rows_;
};

}  // namespace ringroad::stats
