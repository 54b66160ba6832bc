// SPDX-License-Identifier: BSD-3-Clause
#include "worker/doorbell.hpp"

#include <sys/eventfd.h>

namespace ringroad::worker {

Result<std::unique_ptr<Doorbell>> Doorbell::make() {
  FileDescriptor bell{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!bell) {
    return fail("the system has no file descriptor left for the doorbell of a thread");
  }
  return std::unique_ptr<Doorbell>{new Doorbell{std::move(bell)}};
}

void Doorbell::clear() {
  eventfd_t rung = 0;
  eventfd_read(bell_.get(), &rung);
}

// If several threads find the thread asleep, only one of them rings.
void Doorbell::wake() {
  if (asleep_.exchange(false, std::memory_order_relaxed)) {
    eventfd_write(bell_.get(), 1);
  }
}

}  // namespace ringroad::worker
