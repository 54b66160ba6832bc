// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// That a device is about to be unplugged, which the kernel asks of who holds it.
#include <atomic>
#include <string>

namespace ringroad::port {

// Sets `asked` when it is, from a thread of EAL's, as long as this object lives.
class RemovalWatch {
 public:
  // `device`: its name in DPDK.
  RemovalWatch(std::string device, std::atomic<bool>& asked);
  ~RemovalWatch();
  RemovalWatch(const RemovalWatch&) = delete;
  RemovalWatch& operator=(const RemovalWatch&) = delete;

 private:
  std::string device_;
  std::atomic<bool>& asked_;
};

}  // namespace ringroad::port
