// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Follows the kernel's network interfaces through rtnetlink(7) events. Control thread only.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/error.hpp"
#include "base/file_descriptor.hpp"
#include "port/interfaces.hpp"

namespace ringroad::port {

class InterfaceWatch {
 public:
  // Uses the network namespace of the calling thread.
  [[nodiscard]] static Result<std::unique_ptr<InterfaceWatch>> open();

  // Waits a few milliseconds for the kernel's answer; fails if there is no such interface.
  [[nodiscard]] Status follow(unsigned index);
  // Reads the events since the last call, without waiting. ~0.2 us if there are none.
  void poll();

  [[nodiscard]] const InterfaceState& state(unsigned index) const {
    return interfaces_.state(index);
  }
  [[nodiscard]] std::uint64_t generation() const { return interfaces_.generation(); }
  // Becomes readable when poll() has something to do.
  [[nodiscard]] int poll_fd() const { return socket_.get(); }

 private:
  explicit InterfaceWatch(FileDescriptor socket);
  [[nodiscard]] Status request_listing();

  FileDescriptor socket_;
  std::vector<std::byte> buffer_;
  std::uint32_t sequence_ = 0;
  Interfaces interfaces_;
};

}  // namespace ringroad::port
