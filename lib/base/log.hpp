// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Log lines go to stderr as "ringroad: ...". Control and setup code only: the packet path counts.
#include <spdlog/spdlog.h>

#include <string_view>

namespace ringroad::log {

using spdlog::debug;
using spdlog::error;
using spdlog::info;
using spdlog::warn;

// "debug", "info", "warning" or "error"; false where it is none of them.
bool set_up(std::string_view level);

}  // namespace ringroad::log
