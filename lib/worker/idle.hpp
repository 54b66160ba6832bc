// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What a worker does while no packet arrives.
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/enums.hpp"
#include "base/error.hpp"
#include "base/file_descriptor.hpp"
#include "base/ids.hpp"
#include "base/units.hpp"
#include "port/port.hpp"
#include "stats/counter.hpp"
#include "worker/doorbell.hpp"

namespace ringroad::worker {

// The most RX queues of a worker, if ports shall come while it runs.
inline constexpr std::size_t kRxQueuesMax = 256;

// The sleep of one worker, in the way Linux's NAPI leaves polling: interrupts are enabled, the
// queues are polled once more, because a packet that arrived before gives no interrupt, and only
// then the worker sleeps. Interrupts are masked while it polls.
class Sleeper {
 public:
  struct Counters {
    stats::Counter sleeps;
    stats::Counter wakes;   // sleeps that a device or wake() ended
    stats::Counter missed;  // sleeps after which packets waited whose interrupt was lost
  };

  [[nodiscard]] static Result<std::unique_ptr<Sleeper>> make(IdleMode idle);

  // Control thread only, while the worker does not run or the port is gated. Must be called again
  // after the port was restarted.
  void watch(PortId port, std::uint16_t device, std::uint16_t queue, port::RxEvent event);

  // Pauses the core for about 2 us, which gives its other hardware thread more time and saves
  // power.
  static void pause();
  // Enables interrupts and the bell. Afterwards the worker polls once more, sleeps if it found
  // nothing, and calls disarm(). `stopped` has a bit for each port whose driver must not be called.
  void arm(std::uint64_t stopped);
  // `n` is the number of sleeps in a row. Returns false if the time ended before anything happened.
  bool sleep(std::uint32_t n);
  void disarm(std::uint64_t stopped);
  // Called after a sleep that ended by timeout; `packets` says whether packets were waiting then. A
  // device whose interrupts are lost several times in a row is no longer relied on.
  void found_after_timeout(bool packets);

  // Any thread calls this after it handed something to the worker.
  void wake() {
    if (idle_ == IdleMode::kPoll) [[likely]] {
      return;
    }
    bell_->ring();
  }

  [[nodiscard]] IdleMode idle() const { return idle_; }
  // Whether every queue has an interrupt that works as far as is known.
  [[nodiscard]] bool has_interrupts() const {
    return has_interrupts_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  struct Queue {
    PortId port;
    std::uint16_t device;
    std::uint16_t queue;
    port::RxEvent event;
  };
  [[nodiscard]] std::uint64_t number_of(const Queue& queue) const {
    return static_cast<std::uint64_t>(&queue - queues_.data()) + 1;
  }

  Sleeper(IdleMode idle, FileDescriptor events, std::unique_ptr<Doorbell> bell)
      : idle_{idle},
        events_{std::move(events)},
        bell_{std::move(bell)},
        has_interrupts_{idle == IdleMode::kInterrupt} {
    queues_.reserve(kRxQueuesMax);
  }
  // Those that the worker knows of.
  [[nodiscard]] std::span<const Queue> watched() const {
    return {queues_.data(), watched_.load(std::memory_order_acquire)};
  }
  bool arm(const Queue& queue);
  [[nodiscard]] Nanoseconds longest_sleep(std::uint32_t n) const;

  IdleMode idle_;
  FileDescriptor events_;  // epoll's
  std::unique_ptr<Doorbell> bell_;
  // The control thread appends; the memory stays where it is while the worker runs.
  std::vector<Queue> queues_;
  std::atomic<std::size_t> watched_{0};
  std::atomic<bool> has_interrupts_;
  std::uint32_t missed_in_a_row_ = 0;
  bool trusted_ = false;  // the last packet that arrived during a sleep ended the sleep
  Counters counters_;
};

}  // namespace ringroad::worker
