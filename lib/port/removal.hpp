// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Notices that a device is about to be unplugged; the kernel asks its user to release it.
#include <atomic>
#include <string>

namespace ringroad::port {

// Sets `asked` from one of EAL's threads when this happens, as long as this object exists.
class RemovalWatch {
 public:
  // `device`: its DPDK name.
  RemovalWatch(std::string device, std::atomic<bool>& asked);
  ~RemovalWatch();
  RemovalWatch(const RemovalWatch&) = delete;
  RemovalWatch& operator=(const RemovalWatch&) = delete;

 private:
  std::string device_;
  std::atomic<bool>& asked_;
};

}  // namespace ringroad::port
