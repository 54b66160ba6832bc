// SPDX-License-Identifier: BSD-3-Clause
#include "control/event_loop.hpp"

#include <sys/eventfd.h>

#include <catch2/catch.hpp>

#include "base/file_descriptor.hpp"

using namespace ringroad;
using control::EventLoop;
using worker::Doorbell;

namespace {

// An event loop whose timer is always due, so that no turn waits longer than a nap.
struct Bed {
  Clock clock{Clock::Manual{}};
  std::unique_ptr<Doorbell> bell = *Doorbell::make();
  unsigned rounds = 0;
  unsigned left = 0;  // rounds that find something to do
  EventLoop loop{clock,
                 *bell,
                 {.run_once =
                      [this] {
                        ++rounds;
                        const bool found = left > 0;
                        left -= found ? 1 : 0;
                        return found;
                      },
                  .next_deadline = [this] { return clock.now(); }}};

  // Runs the loop until it would sleep.
  void nap() {
    for (unsigned i = 0; i < EventLoop::kNaps; ++i) {
      loop.turn();
    }
  }
  // Returns the number of rounds in a turn: two if the loop runs one more before it sleeps.
  unsigned turn() {
    const unsigned before = rounds;
    loop.turn();
    return rounds - before;
  }
};

}  // namespace

TEST_CASE("the control thread only naps for a while after it found something to do") {
  Bed bed;
  bed.left = 3;
  bed.nap();
  CHECK(bed.turn() == 1);
  CHECK(bed.turn() == 1);
  CHECK(bed.turn() == 1);
  CHECK(bed.turn() == 2);
}

TEST_CASE("the control thread looks once more before it sleeps, and then does not") {
  Bed bed;
  EventLoop loop{bed.clock,
                 *bed.bell,
                 {.run_once =
                      [&, looks = 0U]() mutable {
                        ++looks;
                        return looks > EventLoop::kNaps + 1;
                      },
                  .next_deadline =
                      [&] {
                        FAIL("it sleeps");
                        return Nanoseconds{};
                      }}};
  for (unsigned i = 0; i <= EventLoop::kNaps; ++i) {
    loop.turn();
  }
}

TEST_CASE("a worker's doorbell ends the control thread's sleep") {
  Bed bed;
  bool rings = false;
  // The deadline is far away, so without the bell the turn would take the longest sleep.
  EventLoop loop{bed.clock,
                 *bed.bell,
                 {.run_once = [] { return false; },
                  .next_deadline =
                      [&] {
                        bed.bell->ring();
                        rings = true;
                        return bed.clock.now() + EventLoop::kLongestSleep;
                      }}};
  for (unsigned i = 0; i <= EventLoop::kNaps; ++i) {
    loop.turn();
  }
  CHECK(rings);
  // The bell was handled, so the loop naps again.
  rings = false;
  loop.turn();
  CHECK_FALSE(rings);
}

TEST_CASE("the control thread serves a descriptor in each turn in which it is readable") {
  Bed bed;
  const FileDescriptor event{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  unsigned served = 0;
  bed.loop.watch(event.get(), [&] {
    ++served;
    eventfd_t value = 0;
    eventfd_read(event.get(), &value);
  });
  bed.nap();
  CHECK(served == 0);
  REQUIRE(eventfd_write(event.get(), 1) == 0);
  bed.loop.turn();
  CHECK(served == 1);
  // The loop naps before it sleeps again.
  CHECK(bed.turn() == 1);
  CHECK(served == 1);
}

TEST_CASE("work that goes on is not held up by descriptors, nor they by it") {
  Bed bed;
  const FileDescriptor event{eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK)};
  unsigned served = 0;
  bed.loop.watch(event.get(), [&] { ++served; });
  bed.left = 5;
  for (unsigned i = 0; i < 5; ++i) {
    CHECK(bed.turn() == 1);
  }
  CHECK(served == 5);
}
