// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Notifies the service manager: sd_notify(3) and sd_watchdog_enabled(3), without the library.
#include <sys/socket.h>
#include <sys/un.h>

#include <chrono>
#include <optional>
#include <string_view>

namespace ringroad::app {

class Service {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // Reads the service manager's socket and its watchdog interval from the environment:
  // NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID. Without NOTIFY_SOCKET all functions do nothing.
  Service();

  void ready() const { tell("READY=1", 0); }
  void stopping() const { tell("STOPPING=1", 0); }
  // Reports that this process still works, twice in each watchdog interval. Called from the control
  // thread's loop, because without it no ARP request is answered and no route changes.
  void keep_alive(Time now);

 private:
  void tell(std::string_view state, int flags) const;

  sockaddr_un manager_{};
  socklen_t length_ = 0;  // of the address; 0 if there is no manager
  std::optional<std::chrono::microseconds> interval_;
  Time next_;
};

}  // namespace ringroad::app
