// SPDX-License-Identifier: BSD-3-Clause
#include "control/drop_news.hpp"

#include <utility>

namespace ringroad::control {

std::optional<DropNews::News> DropNews::sample(stats::DropReason reason, std::uint64_t per_second) {
  State& state = states_[static_cast<std::size_t>(reason)];
  state.packets += per_second;
  if (per_second >= kRises && per_second >= 10 * state.reported) {
    if (state.reported == 0) {
      state.packets = per_second;
    }
    state.reported = per_second;
    state.quiet = 0;
    return News{.packets = state.packets};
  }
  state.quiet = per_second == 0 ? state.quiet + 1 : 0;
  if (state.reported > 0 && state.quiet >= kQuiet) {
    return News{.over = true, .packets = std::exchange(state, {}).packets};
  }
  return std::nullopt;
}

}  // namespace ringroad::control
