// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// The live screen of `top`, drawn by ncurses.
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "roadctl/client.hpp"
#include "roadctl/top_page.hpp"

namespace ringroad::roadctl {

using TopAsk = std::function<std::expected<TopSample, Failure>()>;

// Shows what `ask` returns once a second until the user quits. Returns an error if the terminal
// cannot show it. A router that does not answer is asked again and again.
[[nodiscard]] std::expected<void, Failure> run_top(const TopAsk& ask);

}  // namespace ringroad::roadctl
