// SPDX-License-Identifier: BSD-3-Clause
#pragma once
// Log lines go to stderr as "ringroad: ...". Only control and setup code logs; the packet path uses
// counters.
#include <spdlog/spdlog.h>

#include <string_view>

namespace ringroad::log {

using spdlog::debug;
using spdlog::error;
using spdlog::info;
using spdlog::warn;

// "debug", "info", "warning" or "error"; returns false for another word.
bool set_up(std::string_view level);

}  // namespace ringroad::log
