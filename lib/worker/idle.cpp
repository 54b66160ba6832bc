#include "worker/idle.hpp"

#include <immintrin.h>
#include <rte_cpuflags.h>
#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_pause.h>
#include <rte_spinlock.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "base/units.hpp"

namespace ringroad::worker {
namespace {

using namespace std::chrono_literals;

// Short enough that a packet which finds all asleep waits less than 200 us, long enough that to
// look costs 2 % of a core.
constexpr Nanoseconds kTimed = 150us;
constexpr Nanoseconds kTimedPause = 50us;
// Before the long sleeps: queues that are idle for two rounds of reclaiming, a millisecond each,
// give their buffers back.
constexpr Nanoseconds kFirst = 1ms;
constexpr std::uint32_t kFirstSleeps = 3;
// An interrupt that is lost costs this, a few times; where they were seen to come the core is left
// alone for longer.
constexpr Nanoseconds kLongest = 20ms;
constexpr Nanoseconds kTrusted = 100ms;
constexpr std::uint32_t kMissedMax = 8;

constexpr std::uint64_t kBell = 0;
constexpr std::uint64_t kDevice = 1;

// Drivers keep the masks of all queues in one word, and take no lock.
rte_spinlock_t& lock_of(std::uint16_t device) {
  static std::array<rte_spinlock_t, RTE_MAX_ETHPORTS> locks{};
  return locks.at(device);
}

[[gnu::target("waitpkg")]] void wait_until(std::uint64_t tsc) {
  constexpr unsigned kLightSleep = 1;  // C0.1: awake again in some 100 cycles
  _tpause(kLightSleep, tsc);
}

}  // namespace

Result<std::unique_ptr<Sleeper>> Sleeper::make(Idle idle) {
  FileDescriptor events{epoll_create1(EPOLL_CLOEXEC)};
  FileDescriptor bell{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  // Edges: nothing need be read for the next to be told.
  epoll_event event{.events = EPOLLIN | EPOLLET, .data = {.u64 = kBell}};
  if (!events || !bell || epoll_ctl(events.get(), EPOLL_CTL_ADD, bell.get(), &event) != 0) {
    return fail("the system has no file descriptors left for a worker's sleep");
  }
  return std::unique_ptr<Sleeper>{new Sleeper{idle, std::move(events), std::move(bell)}};
}

void Sleeper::watch(PortId port, std::uint16_t device, std::uint16_t queue, port::RxEvent event) {
  auto known = std::ranges::find_if(
      queues_, [&](const Queue& other) { return other.device == device && other.queue == queue; });
  if (known == queues_.end()) {
    known = queues_.insert(known, {port, device, queue, {}});
  }
  // What the kernel tells by itself is asked for once a sleep.
  epoll_event wanted{.events = event.by_driver ? EPOLLIN | EPOLLET : EPOLLONESHOT,
                     .data = {.u64 = kDevice}};
  known->event = event;
  if (event.descriptor >= 0 &&
      epoll_ctl(events_.get(), EPOLL_CTL_ADD, event.descriptor, &wanted) != 0) {
    known->event = {};
  }
  const bool all =
      std::ranges::all_of(queues_, [](const Queue& one) { return one.event.descriptor >= 0; });
  has_interrupts_.store(all && idle_ == Idle::kInterrupt, std::memory_order_relaxed);
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
  asleep_.store(true, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_seq_cst);  // wake() has the other
  if (!has_interrupts()) {
    return;
  }
  for (const Queue& queue : queues_) {
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
    epoll_event wanted{.events = EPOLLIN | EPOLLONESHOT, .data = {.u64 = kDevice}};
    return epoll_ctl(events_.get(), EPOLL_CTL_MOD, queue.event.descriptor, &wanted) == 0;
  }
  rte_spinlock_lock(&lock_of(queue.device));
  const int error = rte_eth_dev_rx_intr_enable(queue.device, queue.queue);
  rte_spinlock_unlock(&lock_of(queue.device));
  return error == 0;
}

bool Sleeper::sleep(std::uint32_t n) {
  Nanoseconds longest = kTimedPause;
  if (idle_ == Idle::kInterrupt) {
    longest = !has_interrupts()   ? kTimed
              : n <= kFirstSleeps ? kFirst
              : trusted_          ? kTrusted
                                  : kLongest;
  }
  if (!has_interrupts()) {
    longest = std::min(longest, Nanoseconds{std::chrono::microseconds{n}});
  }
  const timespec timeout{.tv_sec = 0, .tv_nsec = longest.count()};
  std::array<epoll_event, 8> happened{};
  counters_.sleeps.add(1);
  const int count =
      epoll_pwait2(events_.get(), happened.data(), happened.size(), &timeout, nullptr);
  if (count <= 0) {
    return false;
  }
  counters_.wakes.add(1);
  if (std::any_of(happened.begin(), happened.begin() + count,
                  [](const epoll_event& event) { return event.data.u64 == kDevice; })) {
    missed_in_a_row_ = 0;
    trusted_ = true;
  }
  return true;
}

void Sleeper::disarm(std::uint64_t stopped) {
  asleep_.store(false, std::memory_order_relaxed);
  if (!has_interrupts()) {
    return;
  }
  for (const Queue& queue : queues_) {
    if (((stopped >> queue.port.value()) & 1U) == 0 && queue.event.by_driver) {
      rte_spinlock_lock(&lock_of(queue.device));
      rte_eth_dev_rx_intr_disable(queue.device, queue.queue);
      rte_spinlock_unlock(&lock_of(queue.device));
    }
  }
}

// One that arrives just as the time is over is found too, but not time after time.
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

void Sleeper::ring() const { eventfd_write(bell_.get(), 1); }

}  // namespace ringroad::worker
