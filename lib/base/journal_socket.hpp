// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Sends events to journald in its own protocol, with their levels and fields:
// https://systemd.io/JOURNAL_NATIVE_PROTOCOL
#include <string>

#include "base/file_descriptor.hpp"
#include "base/log_history.hpp"

namespace ringroad::log {

// The priority of syslog(3) for a level of spdlog.
[[nodiscard]] int priority_of(int level);
// The text of an entry: MESSAGE, PRIORITY, and each field as RINGROAD_NAME.
[[nodiscard]] std::string journal_entry(const Event& event);

class JournalSocket {
 public:
  JournalSocket() = default;
  // Not open unless stderr leads to journald (JOURNAL_STREAM of systemd.exec(5)).
  [[nodiscard]] static JournalSocket of_stderr();

  [[nodiscard]] bool is_open() const { return static_cast<bool>(socket_); }
  // Returns false if journald did not take it at once: the caller must not wait.
  bool send(const Event& event);

 private:
  FileDescriptor socket_{};
};

}  // namespace ringroad::log
