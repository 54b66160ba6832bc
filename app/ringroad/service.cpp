// SPDX-License-Identifier: BSD-3-Clause
#include "service.hpp"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

namespace ringroad::app {
namespace {

// Returns an empty string if the variable is not set.
std::string_view variable(const char* name) {
  const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): one thread yet
  return value == nullptr ? std::string_view{} : std::string_view{value};
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size() && value > 0
             ? std::optional{value}
             : std::nullopt;
}

}  // namespace

Service::Service() {
  const std::string_view path = variable("NOTIFY_SOCKET");
  const std::span room{manager_.sun_path};
  if (path.empty() || (path[0] != '/' && path[0] != '@') || path.size() >= room.size()) {
    return;
  }
  manager_.sun_family = AF_UNIX;
  std::ranges::copy(path, room.begin());
  if (path[0] == '@') {
    room[0] = '\0';  // marks Linux's abstract names: unix(7)
  }
  length_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  const std::string_view process = variable("WATCHDOG_PID");
  if (const auto timeout = number(variable("WATCHDOG_USEC"));
      timeout && (process.empty() || number(process) == ::getpid())) {
    interval_ = std::chrono::microseconds{*timeout / 2};
  }
}

void Service::tell(std::string_view state, int flags) const {
  if (length_ == 0) {
    return;
  }
  const int socket = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket >= 0) {
    (void)::sendto(socket, state.data(), state.size(), MSG_NOSIGNAL | flags,
                   reinterpret_cast<const sockaddr*>(&manager_), length_);
    ::close(socket);
  }
}

void Service::keep_alive(Time now) {
  if (interval_ && now >= next_) {
    // This call does not wait: a busy service manager must not delay the router.
    tell("WATCHDOG=1", MSG_DONTWAIT);
    next_ = now + *interval_;
  }
}

}  // namespace ringroad::app
