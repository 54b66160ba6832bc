// SPDX-License-Identifier: BSD-3-Clause
#include <fcntl.h>
#include <sys/eventfd.h>

#include <catch2/catch.hpp>
#include <chrono>

#include "worker/idle.hpp"

using namespace ringroad;
using namespace std::chrono_literals;
using worker::Sleeper;

namespace {

constexpr PortId kPort{3};
constexpr std::uint64_t kNoneStopped = 0;
constexpr std::uint32_t kShort = 1;  // one of the first sleeps, which are short
constexpr std::uint32_t kLong = 4;

// The descriptor of a queue, as the kernel provides it: readable while there is a packet.
struct Device {
  FileDescriptor file{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};

  void receive() const { REQUIRE(eventfd_write(file.get(), 1) == 0); }
  void take() const {
    eventfd_t packets = 0;
    REQUIRE(eventfd_read(file.get(), &packets) == 0);
  }
};

struct Worker {
  explicit Worker(IdleMode idle) : sleeper{*Sleeper::make(idle)} {}
  Worker() : Worker(IdleMode::kInterrupt) {
    sleeper->watch(kPort, 0, 0, {.descriptor = device.file.get(), .by_driver = false});
  }

  // Returns false if the time was over.
  [[nodiscard]] bool sleep(std::uint32_t n = kShort, std::uint64_t stopped = kNoneStopped) const {
    sleeper->arm(stopped);
    const bool woken = sleeper->sleep(n);
    sleeper->disarm(stopped);
    return woken;
  }
  // Returns how long a sleep takes that nothing ends. On a busy machine it may take longer.
  [[nodiscard]] Nanoseconds length(std::uint32_t n) const {
    const auto start = std::chrono::steady_clock::now();
    CHECK_FALSE(sleep(n));
    return std::chrono::steady_clock::now() - start;
  }

  Device device;
  std::unique_ptr<Sleeper> sleeper;
};

}  // namespace

TEST_CASE("a device that receives ends a sleep, one that does not lets it sleep on") {
  const Worker worker;
  REQUIRE(worker.sleeper->has_interrupts());
  CHECK_FALSE(worker.sleep());
  worker.device.receive();
  CHECK(worker.sleep());
  // An unread packet ends every further sleep, because each sleep checks again.
  CHECK(worker.sleep());
  worker.device.take();
  CHECK_FALSE(worker.sleep());
  CHECK(worker.sleeper->counters().sleeps.get() == 4);
  CHECK(worker.sleeper->counters().wakes.get() == 2);
  CHECK(worker.sleeper->counters().missed.get() == 0);
}

TEST_CASE("a device tells once for each time that it is asked, and not unless it is") {
  const Worker worker;
  worker.sleeper->arm(kNoneStopped);
  worker.device.receive();
  CHECK(worker.sleeper->sleep(kShort));
  CHECK_FALSE(worker.sleeper->sleep(kShort));
  SECTION("a stopped port is not asked") {
    CHECK_FALSE(worker.sleep(kShort, std::uint64_t{1} << kPort.value()));
  }
  SECTION("another that is stopped does not matter") {
    CHECK(worker.sleep(kShort, ~(std::uint64_t{1} << kPort.value())));
  }
}

TEST_CASE("whoever gives a sleeping worker something wakes it, and only a sleeping one") {
  const Worker worker;
  worker.sleeper->wake();
  CHECK_FALSE(worker.sleep());
  worker.sleeper->arm(kNoneStopped);
  worker.sleeper->wake();
  CHECK(worker.sleeper->sleep(kLong));
  worker.sleeper->disarm(kNoneStopped);
  worker.sleeper->wake();
  CHECK_FALSE(worker.sleep());
}

TEST_CASE("a worker that pauses is woken too; one that polls needs no bell") {
  const Worker pausing{IdleMode::kPause};
  CHECK_FALSE(pausing.sleeper->has_interrupts());
  pausing.sleeper->arm(kNoneStopped);
  pausing.sleeper->wake();
  CHECK(pausing.sleeper->sleep(kShort));
  const Worker polling{IdleMode::kPoll};
  polling.sleeper->arm(kNoneStopped);
  polling.sleeper->wake();
  CHECK_FALSE(polling.sleeper->sleep(kShort));
}

TEST_CASE("interrupts are relied on where every queue has one") {
  const Worker worker;
  const Device second;
  worker.sleeper->watch(PortId{4}, 1, 0, {});
  CHECK_FALSE(worker.sleeper->has_interrupts());
  SECTION("the port was started again, and has one now") {
    worker.sleeper->watch(PortId{4}, 1, 0, {.descriptor = second.file.get(), .by_driver = false});
    CHECK(worker.sleeper->has_interrupts());
    second.receive();
    CHECK(worker.sleep());
  }
  SECTION("another queue of the same device is not that queue") {
    worker.sleeper->watch(PortId{4}, 1, 1, {.descriptor = second.file.get(), .by_driver = false});
    CHECK_FALSE(worker.sleeper->has_interrupts());
  }
  SECTION("the same queue of another device is not that queue") {
    worker.sleeper->watch(PortId{5}, 2, 0, {.descriptor = second.file.get(), .by_driver = false});
    CHECK_FALSE(worker.sleeper->has_interrupts());
  }
}

TEST_CASE("a descriptor that cannot be waited for is none") {
  const Worker worker;
  const FileDescriptor file{open("/proc/self/exe", O_RDONLY | O_CLOEXEC)};
  REQUIRE(file);
  worker.sleeper->watch(PortId{4}, 1, 0, {.descriptor = file.get(), .by_driver = false});
  CHECK_FALSE(worker.sleeper->has_interrupts());
}

TEST_CASE("only a worker of the interrupt kind relies on interrupts") {
  Worker worker{IdleMode::kPause};
  worker.sleeper->watch(kPort, 0, 0, {.descriptor = worker.device.file.get(), .by_driver = false});
  CHECK_FALSE(worker.sleeper->has_interrupts());
  worker.device.receive();
  CHECK_FALSE(worker.sleep());
}

TEST_CASE("a device whose interrupts are lost eight times in a row is not relied on any more") {
  const Worker worker;
  const auto lose = [&](int times) {
    for (int i = 0; i < times; ++i) {
      worker.sleeper->found_after_timeout(true);
      worker.sleeper->found_after_timeout(false);
    }
  };
  lose(7);
  CHECK(worker.sleeper->has_interrupts());
  SECTION("an eighth") {
    lose(1);
    CHECK_FALSE(worker.sleeper->has_interrupts());
    CHECK(worker.sleeper->counters().missed.get() == 8);
    lose(1);
    CHECK(worker.sleeper->counters().missed.get() == 8);
    worker.device.receive();
    CHECK_FALSE(worker.sleep());
  }
  SECTION("one that comes starts the count anew") {
    worker.device.receive();
    CHECK(worker.sleep());
    lose(7);
    CHECK(worker.sleeper->has_interrupts());
    lose(1);
    CHECK_FALSE(worker.sleeper->has_interrupts());
  }
  SECTION("the bell is no interrupt") {
    worker.sleeper->arm(kNoneStopped);
    worker.sleeper->wake();
    CHECK(worker.sleeper->sleep(kShort));
    lose(1);
    CHECK_FALSE(worker.sleeper->has_interrupts());
  }
}

TEST_CASE("sleeps grow, and are longest where interrupts were seen to come") {
  const Worker worker;
  CHECK(worker.length(3) >= 1ms);
  CHECK(worker.length(kLong) >= 20ms);
  worker.device.receive();
  CHECK(worker.sleep());
  worker.device.take();
  CHECK(worker.length(kLong) >= 100ms);
  const Worker timed{IdleMode::kPause};
  CHECK(timed.length(1) >= 1us);
  CHECK(timed.length(1000) >= 50us);
  const Worker blind{IdleMode::kInterrupt};
  blind.sleeper->watch(kPort, 0, 0, {});
  CHECK(blind.length(1000) >= 150us);
}
