// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// What the service manager is told: sd_notify(3) and sd_watchdog_enabled(3), without the library.
#include <sys/socket.h>
#include <sys/un.h>

#include <chrono>
#include <optional>
#include <string_view>

namespace ringroad::app {

class Service {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // Whom to tell, and how often, is in the environment: NOTIFY_SOCKET, WATCHDOG_USEC and
  // WATCHDOG_PID. Without the first there is nobody, and nothing is done.
  Service();

  void ready() const { tell("READY=1", 0); }
  void stopping() const { tell("STOPPING=1", 0); }
  // Tells that this process still works, twice in the time after which it would be restarted. For
  // the control thread's loop: where it hangs, nobody answers ARP or changes a route any more.
  void keep_alive(Time now);

 private:
  void tell(std::string_view state, int flags) const;

  sockaddr_un manager_{};
  socklen_t length_ = 0;  // of its name; 0: there is none
  std::optional<std::chrono::microseconds> interval_;
  Time next_;
};

}  // namespace ringroad::app
