// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The log: one line for each event, with its time and its level, to journald or to stderr, and the
// last ones in memory. A line that repeats is folded. Only control and setup code logs; the packet
// path uses counters.
#include <spdlog/spdlog.h>

#include <string_view>
#include <utility>
#include <vector>

#include "base/log_history.hpp"

namespace ringroad::log {

using spdlog::debug;
using spdlog::error;
using spdlog::info;
using spdlog::warn;

using Level = spdlog::level::level_enum;

// Makes the fields part of the events that this thread logs while the object exists.
class FieldScope {
 public:
  explicit FieldScope(const Fields& fields);
  FieldScope(const FieldScope&) = delete;
  FieldScope& operator=(const FieldScope&) = delete;
  ~FieldScope();
};

// Logs an event with fields for programs: event(Level::warn, {{"port", "wan"}}, "port {}: ...",
// ...).
template <class... Arguments>
void event(Level level, const Fields& fields, fmt::format_string<Arguments...> format,
           Arguments&&... arguments) {
  const FieldScope scope{fields};
  spdlog::log(level, format, std::forward<Arguments>(arguments)...);
}

// "debug", "info", "warning" or "error"; returns false for another word. The first call decides
// where the lines go: to journald if stderr leads there (JOURNAL_STREAM of systemd.exec(5)),
// otherwise to stderr.
bool set_up(std::string_view level);
// The name of a level: "warning".
[[nodiscard]] std::string_view name_of(int level);
[[nodiscard]] std::string_view level();
// The time as RFC 3339 writes it: "2026-12-01T12:14:28.123Z".
[[nodiscard]] std::string to_string(Time time);

// Reports folded lines whose time has come; the control thread calls it about once a second.
void settle();
// Reports all of them, before the end.
void settle_all();
// The last events, the oldest of them first.
[[nodiscard]] std::vector<Event> history(std::size_t most);

}  // namespace ringroad::log
