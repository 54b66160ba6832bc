// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Decides when the rate of a drop reason is worth a line in the log: when it rises, when it becomes
// ten times that, and when it is over.
#include <array>
#include <cstdint>
#include <optional>

#include "stats/drop_reason.hpp"

namespace ringroad::control {

class DropNews {
 public:
  static constexpr std::uint64_t kRises = 10;  // packets a second
  static constexpr unsigned kQuiet = 10;       // seconds without a drop after which it is over

  struct News {
    bool over = false;
    std::uint64_t packets = 0;  // since it rose
  };
  // Called once a second with the drops of the last one.
  std::optional<News> sample(stats::DropReason reason, std::uint64_t per_second);

 private:
  struct State {
    std::uint64_t reported = 0;  // the rate; 0: it is low
    std::uint64_t packets = 0;
    unsigned quiet = 0;
  };
  std::array<State, stats::kDropReasons> states_{};
};

}  // namespace ringroad::control
