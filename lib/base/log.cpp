// SPDX-License-Identifier: BSD-3-Clause
#include "base/log.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <mutex>
#include <string>

#include "base/journal_socket.hpp"
#include "base/log_folding.hpp"

namespace ringroad::log {
namespace {

constexpr std::array kLevels{
    std::pair{std::string_view{"debug"}, Level::debug},
    std::pair{std::string_view{"info"}, Level::info},
    std::pair{std::string_view{"warning"}, Level::warn},
    std::pair{std::string_view{"error"}, Level::err},
};

thread_local const Fields* fields_of_thread = nullptr;

Nanoseconds monotonic_now() {
  return std::chrono::duration_cast<Nanoseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
}

// An event is one line, whatever its text came from.
std::string one_line(std::string_view text) {
  std::string line{text.substr(0, History::kLongest)};
  std::ranges::replace_if(
      line, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\177'; }, ' ');
  return line;
}

// Everything that was logged goes through here. The base class locks a mutex, because DPDK logs
// from threads of its own.
class Sink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  void settle(bool all) {
    const std::lock_guard lock{mutex_};
    write_repeated(all ? folding_.take_all() : folding_.take_due(monotonic_now()));
  }
  std::vector<Event> history(std::size_t most) {
    const std::lock_guard lock{mutex_};
    return history_.last(most);
  }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    Event event{.time = message.time,
                .level = message.level,
                .what = one_line({message.payload.data(), message.payload.size()}),
                .fields = fields_of_thread != nullptr ? *fields_of_thread : Fields{}};
    const Nanoseconds now = monotonic_now();
    write_repeated(folding_.take_due(now, &event.what));
    if (folding_.admit(event.level, event.what, now)) {
      write(event);
      history_.add(std::move(event));
    } else {
      history_.repeat(event.level, event.what, event.time);
    }
  }
  void flush_() override {}

  void write_repeated(const std::vector<Folding::Repeated>& all) {
    for (const Folding::Repeated& repeated : all) {
      write({.time = std::chrono::system_clock::now(),
             .level = repeated.level,
             .what = fmt::format("{} ... repeated {} time{}", repeated.what, repeated.times,
                                 repeated.times == 1 ? "" : "s"),
             .fields = {{"repeated", std::to_string(repeated.times)}}});
    }
  }

  void write(const Event& event) {
    if (journal_.is_open() && journal_.send(event)) {
      return;
    }
    // If journald is behind stderr, it takes the level from the beginning of the line and adds the
    // time: sd-daemon(3).
    const std::string line =
        journal_.is_open() ? fmt::format("<{}>ringroad: {}\n", priority_of(event.level), event.what)
                           : fmt::format("{} {:<7} ringroad: {}\n", to_string(event.time),
                                         name_of(event.level), event.what);
    // One write for a line, so that it is not mixed with what others write there.
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
  }

  Folding folding_;
  History history_;
  JournalSocket journal_{JournalSocket::of_stderr()};
};

std::shared_ptr<Sink> the_sink;

}  // namespace

FieldScope::FieldScope(const Fields& fields) { fields_of_thread = &fields; }
FieldScope::~FieldScope() { fields_of_thread = nullptr; }

bool set_up(std::string_view level) {
  const auto* const found =
      std::ranges::find(kLevels, level, &decltype(kLevels)::value_type::first);
  if (found == kLevels.end()) {
    return false;
  }
  if (!the_sink) {
    the_sink = std::make_shared<Sink>();
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("ringroad", the_sink));
  }
  spdlog::set_level(found->second);
  return true;
}

std::string_view name_of(int level) {
  const auto* const found = std::ranges::find_if(
      kLevels, [&](const auto& known) { return static_cast<int>(known.second) == level; });
  return found == kLevels.end() ? (level < Level::debug ? "debug" : "error") : found->first;
}

std::string_view level() { return name_of(spdlog::get_level()); }

std::string to_string(Time time) {
  const auto milliseconds =
      std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
  return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(milliseconds / 1000),
                     milliseconds % 1000);
}

void settle() {
  if (the_sink) {
    the_sink->settle(false);
  }
}

void settle_all() {
  if (the_sink) {
    the_sink->settle(true);
  }
}

std::vector<Event> history(std::size_t most) {
  return the_sink ? the_sink->history(most) : std::vector<Event>{};
}

}  // namespace ringroad::log
