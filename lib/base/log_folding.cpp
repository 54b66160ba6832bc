// SPDX-License-Identifier: BSD-3-Clause
#include "base/log_folding.hpp"

#include <algorithm>
#include <utility>

namespace ringroad::log {

Folding::Line* Folding::find(int level, const std::string& what) {
  const auto found = std::ranges::find_if(
      lines_, [&](const Line& line) { return line.level == level && line.what == what; });
  return found == lines_.end() ? nullptr : &*found;
}

bool Folding::admit(int level, const std::string& what, Nanoseconds now) {
  Line* const known = find(level, what);
  if (known == nullptr) {
    if (lines_.size() == kLines) {
      const Line& oldest = lines_.front();
      if (oldest.repeated > 0) {
        forgotten_.push_back({oldest.level, oldest.what, oldest.repeated});
      }
      lines_.erase(lines_.begin());
    }
    lines_.push_back({.level = level, .what = what, .window = now, .written = 1});
    return true;
  }
  if (now - known->window > kWindow) {
    known->window = now;
    known->written = 0;
  }
  if (known == &lines_.back() || known->written >= kInWindow) {
    if (known->repeated++ == 0) {
      known->repeated_since = now;
    }
    return false;
  }
  ++known->written;
  std::rotate(lines_.begin() + (known - lines_.data()),
              lines_.begin() + (known - lines_.data()) + 1, lines_.end());
  return true;
}

std::vector<Folding::Repeated> Folding::take_due(Nanoseconds now, const std::string* next) {
  std::vector<Repeated> due = std::exchange(forgotten_, {});
  for (Line& line : lines_) {
    // A line that was written often enough waits, or each of two that alternate would interrupt the
    // other.
    const bool interrupted = next != nullptr && &line == &lines_.back() && line.what != *next &&
                             line.written < kInWindow;
    if (line.repeated > 0 && (interrupted || now - line.repeated_since >= kPatience)) {
      due.push_back({line.level, line.what, std::exchange(line.repeated, 0)});
    }
  }
  return due;
}

std::vector<Folding::Repeated> Folding::take_all() { return take_due(Nanoseconds::max()); }

}  // namespace ringroad::log
