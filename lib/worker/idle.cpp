// SPDX-License-Identifier: BSD-3-Clause
#include "worker/idle.hpp"

#include <immintrin.h>
#include <rte_cpuflags.h>
#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_pause.h>
#include <rte_spinlock.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <span>

#include "base/units.hpp"

namespace ringroad::worker {
namespace {

using namespace std::chrono_literals;

// Short enough that a packet for a sleeping worker waits less than 200 us, and long enough that
// polling takes no more than 2 % of a core.
constexpr Nanoseconds kTimed = 150us;
constexpr Nanoseconds kTimedPause = 50us;
// The first sleeps are short, because queues give their buffers back after two rounds of
// reclaiming, a millisecond each.
constexpr Nanoseconds kFirst = 1ms;
constexpr std::uint32_t kFirstSleeps = 3;
// A lost interrupt delays packets by at most this, a few times. A worker whose interrupts were seen
// to work sleeps longer.
constexpr Nanoseconds kLongest = 20ms;
constexpr Nanoseconds kTrusted = 100ms;
constexpr std::uint32_t kMissedMax = 8;

// The source of an event: the bell, or the queue of that number, counted from 1.
constexpr std::uint64_t kBell = 0;

// Drivers keep the interrupt masks of all queues of a device in one word, and take no lock.
rte_spinlock_t& lock_of(std::uint16_t device) {
  static std::array<rte_spinlock_t, RTE_MAX_ETHPORTS> locks{};
  return locks.at(device);
}

// A packet socket whose interface went down is readable until its error is read
// (packet_notifier()).
void clear_error(int descriptor) {
  int error = 0;
  socklen_t size = sizeof error;
  // If the descriptor is not a socket, there is nothing to clear.
  static_cast<void>(getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &size));
}

[[gnu::target("waitpkg")]] void wait_until(std::uint64_t tsc) {
  constexpr unsigned kLightSleep = 1;  // C0.1, from which the core wakes in some 100 cycles
  _tpause(kLightSleep, tsc);
}

}  // namespace

Result<std::unique_ptr<Sleeper>> Sleeper::make(IdleMode idle) {
  FileDescriptor events{epoll_create1(EPOLL_CLOEXEC)};
  auto bell = Doorbell::make();
  // Edge-triggered: nothing has to be cleared before the next event is reported.
  epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.u64 = kBell}};
  if (!events || !bell || epoll_ctl(events.get(), EPOLL_CTL_ADD, (*bell)->poll_fd(), &event) != 0) {
    return fail("the system has no file descriptors left for a worker's sleep");
  }
  return std::unique_ptr<Sleeper>{new Sleeper{idle, std::move(events), std::move(*bell)}};
}

void Sleeper::watch(PortId port, std::uint16_t device, std::uint16_t queue, port::RxEvent event) {
  auto known = std::ranges::find_if(
      queues_, [&](const Queue& other) { return other.port == port && other.queue == queue; });
  if (known == queues_.end()) {
    known = queues_.insert(known, {port, device, queue, {}});
  }
  known->device = device;
  // A socket's events are armed for each sleep, a driver's by arm().
  epoll_event wanted{.events = event.by_driver ? EPOLLIN | EPOLLET : EPOLLONESHOT,
                     .data = {.u64 = number_of(*known)}};
  known->event = event;
  if (event.descriptor >= 0 &&
      epoll_ctl(events_.get(), EPOLL_CTL_ADD, event.descriptor, &wanted) != 0) {
    known->event = {};
  }
  const bool all =
      std::ranges::all_of(queues_, [](const Queue& one) { return one.event.descriptor >= 0; });
  watched_.store(queues_.size(), std::memory_order_release);
  has_interrupts_.store(all && idle_ == IdleMode::kInterrupt, std::memory_order_relaxed);
}

void Sleeper::pause() {
  static const bool can_wait = rte_cpu_get_flag_enabled(RTE_CPUFLAG_WAITPKG) == 1;
  static const std::uint64_t two_us = rte_get_tsc_hz() / 500'000;
  if (can_wait) {
    wait_until(rte_rdtsc() + two_us);
  } else {
    rte_pause();
  }
}

void Sleeper::arm(std::uint64_t stopped) {
  bell_->arm();
  if (!has_interrupts()) {
    return;
  }
  for (const Queue& queue : watched()) {
    if (((stopped >> queue.port.value()) & 1U) != 0) {
      continue;
    }
    if (!arm(queue)) {
      has_interrupts_.store(false, std::memory_order_relaxed);
    }
  }
}

bool Sleeper::arm(const Queue& queue) {
  if (!queue.event.by_driver) {
    epoll_event wanted{.events = EPOLLIN | EPOLLONESHOT, .data = {.u64 = number_of(queue)}};
    return epoll_ctl(events_.get(), EPOLL_CTL_MOD, queue.event.descriptor, &wanted) == 0;
  }
  rte_spinlock_lock(&lock_of(queue.device));
  const int error = rte_eth_dev_rx_intr_enable(queue.device, queue.queue);
  rte_spinlock_unlock(&lock_of(queue.device));
  return error == 0;
}

Nanoseconds Sleeper::longest_sleep(std::uint32_t n) const {
  if (!has_interrupts()) {
    return std::min(idle_ == IdleMode::kInterrupt ? kTimed : kTimedPause,
                    Nanoseconds{std::chrono::microseconds{n}});
  }
  if (n <= kFirstSleeps) {
    return kFirst;
  }
  return trusted_ ? kTrusted : kLongest;
}

bool Sleeper::sleep(std::uint32_t n) {
  const timespec timeout{.tv_sec = 0, .tv_nsec = longest_sleep(n).count()};
  std::array<epoll_event, 8> happened{};
  counters_.sleeps.add(1);
  const int count =
      epoll_pwait2(events_.get(), happened.data(), happened.size(), &timeout, nullptr);
  if (count <= 0) {
    return false;
  }
  counters_.wakes.add(1);
  for (const epoll_event& event : std::span{happened}.first(static_cast<std::size_t>(count))) {
    if (event.data.u64 == kBell) {
      continue;
    }
    missed_in_a_row_ = 0;
    trusted_ = true;
    if ((event.events & EPOLLERR) != 0) {
      clear_error(queues_[event.data.u64 - 1].event.descriptor);
    }
  }
  return true;
}

void Sleeper::disarm(std::uint64_t stopped) {
  bell_->disarm();
  if (!has_interrupts()) {
    return;
  }
  for (const Queue& queue : watched()) {
    if (((stopped >> queue.port.value()) & 1U) == 0 && queue.event.by_driver) {
      rte_spinlock_lock(&lock_of(queue.device));
      rte_eth_dev_rx_intr_disable(queue.device, queue.queue);
      rte_spinlock_unlock(&lock_of(queue.device));
    }
  }
}

// A packet may arrive just as the timeout ends, but not several times in a row.
void Sleeper::found_after_timeout(bool packets) {
  if (!packets || !has_interrupts()) {
    return;
  }
  counters_.missed.add(1);
  trusted_ = false;
  if (++missed_in_a_row_ >= kMissedMax) {
    has_interrupts_.store(false, std::memory_order_relaxed);
  }
}

}  // namespace ringroad::worker
