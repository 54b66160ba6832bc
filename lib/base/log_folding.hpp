// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Keeps a line that repeats from filling a log: repetitions are counted, and reported as one line.
#include <cstdint>
#include <string>
#include <vector>

#include "base/units.hpp"

namespace ringroad::log {

// A line is folded if it is the same as the one before, and also if it was written so often in the
// last seconds that other lines between do not matter: a link that goes up and down.
class Folding {
 public:
  static constexpr Nanoseconds kWindow = std::chrono::seconds{10};
  static constexpr std::uint32_t kInWindow = 5;  // written in a window, whatever is between
  // Repetitions are reported at most this much later.
  static constexpr Nanoseconds kPatience = std::chrono::seconds{5};

  struct Repeated {
    int level = 0;
    std::string what{};
    std::uint64_t times = 0;
  };

  // Returns whether the line is to be written. If it is not, it is counted.
  bool admit(int level, const std::string& what, Nanoseconds now);
  // Removes and returns the repetitions that are to be reported now: those that have waited long
  // enough, and, before another line `next` is written, those of the line before it.
  std::vector<Repeated> take_due(Nanoseconds now, const std::string* next = nullptr);
  // The same without waiting.
  std::vector<Repeated> take_all();

 private:
  static constexpr std::size_t kLines = 32;  // that are remembered

  struct Line {
    int level;
    std::string what;
    Nanoseconds window;          // its beginning
    std::uint32_t written = 0;   // in this window
    std::uint64_t repeated = 0;  // and not reported
    Nanoseconds repeated_since{};
  };
  [[nodiscard]] Line* find(int level, const std::string& what);

  std::vector<Line> lines_;  // the one that was used last is at the end
  std::vector<Repeated> forgotten_;
};

}  // namespace ringroad::log
