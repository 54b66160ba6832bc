// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Follows network interfaces of the kernel's by the events of rtnetlink(7). Control thread only.
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
  // In the network namespace of the calling thread.
  [[nodiscard]] static Result<std::unique_ptr<InterfaceWatch>> open();

  // Waits for the kernel's answer, a few milliseconds; fails where there is no such interface.
  [[nodiscard]] Status follow(unsigned index);
  // Reads what came since, without waiting. ~0.2 us where nothing did.
  void poll();

  [[nodiscard]] const InterfaceState& state(unsigned index) const {
    return interfaces_.state(index);
  }
  [[nodiscard]] std::uint64_t generation() const { return interfaces_.generation(); }
  // Readable when poll() has something to do.
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
