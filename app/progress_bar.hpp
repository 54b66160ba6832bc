// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// How far something is, on a line of stderr that is gone afterwards. Nothing where stderr is no
// terminal.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <string>
#include <string_view>

namespace ringroad::app {

class ProgressBar {
 public:
  ProgressBar() = default;
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  ~ProgressBar() { clear(); }

  void show(std::string_view what, unsigned percent) {
    constexpr unsigned kWidth = 30;
    const unsigned full = percent * kWidth / 100;
    std::string line =
        fmt::format("{} [{:#<{}}{:<{}}] {:>3} %", what, "", full, "", kWidth - full, percent);
    if (is_terminal_ && line != line_) {
      fmt::print(stderr, "{}{}", kClear, line);
      std::fflush(stderr);
      line_ = std::move(line);
    }
  }
  void clear() {
    if (!line_.empty()) {
      fmt::print(stderr, "{}", kClear);
      std::fflush(stderr);
      line_.clear();
    }
  }

 private:
  static constexpr std::string_view kClear = "\r\033[K";
  bool is_terminal_ = ::isatty(STDERR_FILENO) != 0;
  std::string line_;
};

}  // namespace ringroad::app
