// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The last events, for `show log`.
#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ringroad::log {

// What an event is about, for programs: {"port", "wan"}.
using Field = std::pair<std::string, std::string>;
using Fields = std::vector<Field>;
using Time = std::chrono::system_clock::time_point;

struct Event {
  Time time{};
  int level = 0;  // spdlog's
  std::string what{};
  Fields fields{};
  std::uint64_t repeated = 0;  // how often it came again; `last` is when
  Time last{};
};

class History {
 public:
  static constexpr std::size_t kEvents = 1000;
  static constexpr std::size_t kLongest = 2000;  // bytes of a line

  void add(Event event) {
    if (events_.size() == kEvents) {
      events_.pop_front();
    }
    events_.push_back(std::move(event));
  }
  // Counts a repetition at the newest event with this text, if it is still here.
  void repeat(int level, std::string_view what, Time now) {
    for (Event& event : std::views::reverse(events_)) {
      if (event.level == level && event.what == what) {
        ++event.repeated;
        event.last = now;
        return;
      }
    }
  }
  // At most `most` events, the oldest of them first.
  [[nodiscard]] std::vector<Event> last(std::size_t most) const {
    const std::size_t first = events_.size() - std::min(most, events_.size());
    return {events_.begin() + static_cast<std::ptrdiff_t>(first), events_.end()};
  }

 private:
  std::deque<Event> events_;
};

}  // namespace ringroad::log
